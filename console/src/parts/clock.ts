/** The time, for everything that shows an age. */
import { signal } from "@preact/signals";

const EVERY = 5_000;

/** Milliseconds; moves on every few seconds. */
export const now = signal(Date.now());
setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, EVERY);
document.addEventListener("visibilitychange", () => {
  now.value = Date.now();
});
