/** When to connect again: full jitter, and what each close code asks for. */

const BASE_MS = 500;
const CAP_MS = 30_000;

/** Milliseconds before attempt number `attempt` (0 is the first): uniform between 0 and a doubling bound. */
export function delay(attempt, random = Math.random) {
  return random() * Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 16));
}

/**
 * What a closed socket does next: "at-once", "later", "signed-out" or "banned".
 * `lapses` counts the 4401 before this one since the last hello.
 */
export function afterClose(code, lapses) {
  if (code === 4403) return "banned";
  if (code !== 4401) return "later";
  return lapses === 0 ? "at-once" : "signed-out";
}
