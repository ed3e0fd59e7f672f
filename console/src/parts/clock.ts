/** The time, for everything that shows an age. */
import { computed, signal } from "@preact/signals";
import { moment } from "../api/clock.ts";

const EVERY = 5_000;

const ticks = signal(0);
const tick = () => {
  ticks.value += 1;
};

/** Milliseconds; moves on every few seconds. */
export const now = computed(() => {
  ticks.value;
  return moment();
});
setInterval(() => document.hidden || tick(), EVERY);
document.addEventListener("visibilitychange", tick);
