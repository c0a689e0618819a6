/** One toolbar for all messages: it stands in the row that is pointed at, focused or tapped. */

export class Toolbar {
  #row = null;

  /**
   * `actions`: what each button's data-action does with the row; `keepsOrder` says whether this person may moderate;
   * `sheet` shows the same actions where there is no room for them.
   */
  constructor(bar, { timeline, me, keepsOrder, actions, sheet, life }) {
    Object.assign(this, { bar, me, keepsOrder, actions, sheet });
    const { list } = timeline;
    list.addEventListener("pointerover", (event) => event.pointerType === "mouse" && this.#enter(event.target));
    list.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && this.#leave(list));
    list.addEventListener("focusin", (event) => this.#enter(event.target));
    list.addEventListener("focusout", (event) => this.#left(event.relatedTarget));
    // What is removed with the focus in it does not say that the focus went.
    document.addEventListener("focusin", (event) => this.#left(event.target), { signal: life });
    list.addEventListener("click", (event) => this.#enter(event.target));
    bar.addEventListener("click", (event) => this.#clicked(event));
    bar.addEventListener("keydown", (event) => this.#pressed(event));
    timeline.on("replaced", ({ old, row }) => old === this.#row && this.#stand(row));
    life.addEventListener("abort", () => bar.remove());
  }

  hide() {
    this.#row?.classList.remove("is-current");
    this.#row = null;
    this.bar.hidden = true;
    document.body.append(this.bar);
  }

  /** The focus to the first action for `row`. */
  enter(row) {
    this.#enter(row);
    this.#focus(this.#shown()[0]);
  }

  /** Do what `key` stands for in `row`; false when it stands for nothing there. */
  press(row, key) {
    this.#enter(row);
    const keyOf = (button) => button.getAttribute("aria-keyshortcuts")?.toLowerCase();
    const button = this.#offered().find((each) => keyOf(each) === key.toLowerCase());
    if (button) this.#do(button.dataset.action, true);
    return button !== undefined;
  }

  /** All that may be done with `row`, in a sheet. */
  openSheet(row) {
    this.#enter(row);
    this.sheet.open(row, this.#offered(), (action) => this.actions[action]?.(row));
  }

  #leave(list) {
    if (!list.contains(document.activeElement)) this.hide();
  }

  #left(to) {
    if (this.#row && !this.#row.parentElement?.contains(to) && !this.#row.matches(":hover")) this.hide();
  }

  #enter(target) {
    const row = target.closest(".message");
    if (row && row !== this.#row && !row.classList.contains("is-editing")) this.#stand(row);
  }

  #stand(row) {
    this.#row?.classList.remove("is-current");
    this.#row = row;
    for (const button of this.#buttons()) {
      button.hidden = !this.#may(button.dataset.action, row);
      button.tabIndex = -1;
    }
    row.classList.add("is-current");
    row.append(this.bar);
    this.bar.hidden = false;
    const [first] = this.#shown();
    if (first) first.tabIndex = 0; // one stop for the Tab key: arrow keys go on from there
  }

  /** What the server would allow; it decides again when asked. */
  #may(action, row) {
    const isOwn = Number(row.dataset.authorId) === this.me;
    const isThere = !row.classList.contains("is-deleted") && !row.classList.contains("is-notice");
    if (action === "edit" || action === "delete") return isOwn && isThere;
    if (action === "copy-text") return isThere;
    if (action === "hide") return isThere && !isOwn && this.keepsOrder();
    if (action === "restore") return row.classList.contains("is-hidden") && this.keepsOrder();
    if (action === "restrict") return !isOwn && !row.classList.contains("is-notice") && this.keepsOrder();
    return true;
  }

  #buttons() {
    return [...this.bar.querySelectorAll("[data-action]")];
  }

  #offered() {
    return this.#buttons().filter((button) => !button.hidden);
  }

  /** By touch the bar has one button, and the sheet the rest. */
  #shown() {
    return this.#offered().filter((button) => button.offsetParent !== null);
  }

  #focus(button) {
    for (const each of this.#buttons()) each.tabIndex = each === button ? 0 : -1;
    button?.focus({ preventScroll: true });
  }

  #pressed(event) {
    const shown = this.#shown();
    const at = shown.indexOf(event.target);
    const step = getComputedStyle(this.bar).direction === "rtl" ? -1 : 1;
    const next = { ArrowRight: at + step, ArrowLeft: at - step, Home: 0, End: shown.length - 1 }[event.key];
    if (event.key === "Escape") this.#row.focus({ preventScroll: true });
    else if (next !== undefined) this.#focus(shown.at(next % shown.length));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #clicked(event) {
    const action = event.target.closest("[data-action]")?.dataset.action;
    event.stopPropagation();
    if (action && this.#row) this.#do(action, event.detail === 0);
  }

  /** By keyboard the focus goes back to the row, so that it is not lost with the button. */
  #do(action, byKeyboard) {
    const row = this.#row;
    if (action === "more") return this.openSheet(row);
    this.hide();
    if (byKeyboard) row.focus({ preventScroll: true });
    return this.actions[action]?.(row);
  }
}
