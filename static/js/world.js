/** What tells a socket that the world has changed: the network, the page's return, the machine's waking up. */

const TICK_MS = 1_000;
const ASLEEP_MS = 5_000; // a clock that jumps so far: the machine slept, or was set

export function watchWorld(socket) {
  let tickedAt = Date.now();
  setInterval(() => {
    const now = Date.now();
    const hasJumped = Math.abs(now - tickedAt) > ASLEEP_MS;
    tickedAt = now;
    // Who slept has heard nothing because he did not listen: he asks before he gives up.
    if (hasJumped) socket.wake();
    else socket.tick(now);
  }, TICK_MS);
  addEventListener("online", () => socket.wake());
  addEventListener("offline", () => socket.probe());
  navigator.connection?.addEventListener("change", () => socket.wake());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && socket.wake());
  addEventListener("pageshow", ({ persisted }) => persisted && socket.wake());
  addEventListener("pagehide", ({ persisted }) => persisted && socket.rest());
}
