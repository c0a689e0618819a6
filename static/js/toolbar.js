/** One toolbar for all messages: it stands in the row that is pointed at, focused or tapped. */

export class Toolbar {
  #row = null;

  /** `actions`: what each button's data-action does with the row; `keepsOrder` says whether this person may moderate. */
  constructor(bar, { timeline, me, keepsOrder, actions, life }) {
    Object.assign(this, { bar, me, keepsOrder, actions });
    const { list } = timeline;
    list.addEventListener("pointerover", (event) => event.pointerType === "mouse" && this.#enter(event.target));
    list.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && this.#leave(list));
    list.addEventListener("focusin", (event) => this.#enter(event.target));
    list.addEventListener("click", (event) => this.#enter(event.target));
    bar.addEventListener("click", (event) => this.#act(event));
    timeline.on("replaced", ({ old, row }) => old === this.#row && this.#stand(row));
    life.addEventListener("abort", () => bar.remove());
  }

  hide() {
    this.#row?.classList.remove("is-current");
    this.#row = null;
    this.bar.hidden = true;
    document.body.append(this.bar);
  }

  #leave(list) {
    if (!list.contains(document.activeElement)) this.hide();
  }

  #enter(target) {
    const row = target.closest(".message");
    if (row && row !== this.#row && !row.classList.contains("is-editing")) this.#stand(row);
  }

  #stand(row) {
    this.#row?.classList.remove("is-current");
    this.#row = row;
    for (const button of this.bar.querySelectorAll("[data-action]")) {
      button.hidden = !this.#may(button.dataset.action, row);
    }
    row.classList.add("is-current");
    row.append(this.bar);
    this.bar.hidden = false;
  }

  /** What the server would allow; it decides again when asked. */
  #may(action, row) {
    const isOwn = Number(row.dataset.authorId) === this.me;
    const isThere = !row.classList.contains("is-deleted") && !row.classList.contains("is-notice");
    if (action === "edit" || action === "delete") return isOwn && isThere;
    if (action === "hide") return isThere && !isOwn && this.keepsOrder();
    if (action === "restore") return row.classList.contains("is-hidden") && this.keepsOrder();
    if (action === "restrict") return !isOwn && !row.classList.contains("is-notice") && this.keepsOrder();
    return true;
  }

  #act(event) {
    const action = event.target.closest("[data-action]")?.dataset.action;
    const row = this.#row;
    if (!action || !row) return;
    event.stopPropagation();
    this.hide();
    this.actions[action]?.(row);
  }
}
