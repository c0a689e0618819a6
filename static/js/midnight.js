/** Tells when another day has begun by the reader's clock, also when the machine slept through midnight. */

const LOOK_MS = 60_000;

export function atMidnight(act, life) {
  let today = new Date().toDateString();
  const look = () => {
    if (new Date().toDateString() === today) return;
    today = new Date().toDateString();
    act();
  };
  const timer = setInterval(look, LOOK_MS);
  document.addEventListener("visibilitychange", look, { signal: life });
  life.addEventListener("abort", () => clearInterval(timer));
}
