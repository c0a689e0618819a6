/** On a phone the list of rooms is a drawer: the one sidebar moves into a dialog and back. */

/** The button, `#menu`, comes and goes with the pages. */
export function prepareDrawer(dialog, sidebar) {
  const home = document.createComment("sidebar");
  const narrow = matchMedia("(max-width: 767.98px)");
  const close = () => dialog.open && dialog.close();
  const tell = (isOpen) => document.getElementById("menu")?.setAttribute("aria-expanded", String(isOpen));
  document.addEventListener("click", (event) => {
    if (!narrow.matches || !event.target.closest("#menu")) return;
    event.preventDefault();
    sidebar.replaceWith(home);
    dialog.append(sidebar);
    dialog.showModal();
    sidebar.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
    tell(true);
  });
  dialog.addEventListener("close", () => {
    home.replaceWith(sidebar);
    tell(false);
  });
  dialog.addEventListener("click", (event) => event.target === dialog && close());
  narrow.addEventListener("change", close);
}
