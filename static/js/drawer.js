/** On a phone the list of rooms is a drawer: the one sidebar moves into a dialog and back. */

export function prepareDrawer(dialog, { menu, sidebar }) {
  const home = document.createComment("sidebar");
  const narrow = matchMedia("(max-width: 767.98px)");
  const close = () => dialog.open && dialog.close();
  menu.addEventListener("click", (event) => {
    if (!narrow.matches) return;
    event.preventDefault();
    sidebar.replaceWith(home);
    dialog.append(sidebar);
    dialog.showModal();
    menu.setAttribute("aria-expanded", "true");
  });
  dialog.addEventListener("close", () => {
    home.replaceWith(sidebar);
    menu.setAttribute("aria-expanded", "false");
  });
  dialog.addEventListener("click", (event) => event.target === dialog && close());
  narrow.addEventListener("change", close);
}
