/** One toolbar for all messages: it stands in the row that is pointed at, focused or tapped. */

export class Toolbar {
  #row = null;

  /** `actions`: what each button's data-action does with the row. */
  constructor(bar, { timeline, me, actions }) {
    Object.assign(this, { bar, me, actions });
    const { list } = timeline;
    list.addEventListener("pointerover", (event) => event.pointerType === "mouse" && this.#enter(event.target));
    list.addEventListener("pointerleave", () => list.contains(document.activeElement) || this.hide());
    list.addEventListener("focusin", (event) => this.#enter(event.target));
    list.addEventListener("click", (event) => this.#enter(event.target));
    bar.addEventListener("click", (event) => this.#act(event));
    timeline.on("replaced", ({ old, row }) => old === this.#row && this.#stand(row));
  }

  hide() {
    this.#row?.classList.remove("is-current");
    this.#row = null;
    this.bar.hidden = true;
    document.body.append(this.bar);
  }

  #enter(target) {
    const row = target.closest(".message");
    if (row && row !== this.#row && !row.classList.contains("is-editing")) this.#stand(row);
  }

  #stand(row) {
    this.#row?.classList.remove("is-current");
    this.#row = row;
    const isOwn = Number(row.dataset.authorId) === this.me && !row.classList.contains("is-deleted");
    for (const button of this.bar.querySelectorAll("[data-action]")) {
      button.hidden = !isOwn && ["edit", "delete"].includes(button.dataset.action);
    }
    row.classList.add("is-current");
    row.append(this.bar);
    this.bar.hidden = false;
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
