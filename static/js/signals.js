/** The smallest publish and subscribe: named signals with one value. */

export class Signals {
  #listeners = new Map();

  /** Call `listener` at each `name`, until `life` (an AbortSignal, if given) is aborted. */
  on(name, listener, life) {
    if (life?.aborted) return this;
    if (!this.#listeners.has(name)) this.#listeners.set(name, new Set());
    const listeners = this.#listeners.get(name);
    listeners.add(listener);
    life?.addEventListener("abort", () => listeners.delete(listener), { once: true });
    return this;
  }

  emit(name, value) {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(value);
  }
}
