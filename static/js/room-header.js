/** What the room is called and about, and what the person may do in it, as it changes. */

const byId = (id) => document.getElementById(id);

export function showHeader(room, { name, topic }, { sidebar, badge }) {
  const old = byId("room-name").textContent;
  byId("room-name").textContent = name;
  const place = byId("room-topic");
  place.textContent = topic;
  const box = place.closest("details");
  if (box) box.hidden = !topic;
  sidebar.rename(room, name);
  if (old !== name) badge.retitle(badge.title.replace(old, name));
}

/** The styles and the toolbar offer what the role allows. */
export function showRole(mine) {
  if (mine) byId("main").dataset.role = mine.role;
}

export function keepsOrder() {
  const { role, isStaff } = byId("main").dataset;
  return role !== "member" || isStaff !== undefined;
}
