/**
 * Whether Leadwire answers, as seen by every request and stream.
 *
 * While it does not, it is asked again and again, ever more seldom, and never by all at the same
 * moment; whatever waits for it goes on once it answers. A part of it that is away while others
 * answer is none of this: whoever asked that part tells of it, and asks again.
 */
import { computed, signal } from "@preact/signals";
import { type Backoff, pauseAfter } from "./backoff.ts";
import { moment } from "./clock.ts";

export type Link = "connecting" | "live" | "away";

const PATIENCE: Backoff = { first: 1_000, most: 15_000 };

const state = signal<Link>("connecting");
export const link = computed(() => state.value);
/** When it is asked again, in milliseconds since 1970; 0 if it need not be. */
export const nextTryAt = signal(0);

let failures = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let probe: () => Promise<void> = async () => {};

/** Say how to find out whether it answers. */
export function probeBy(ask: () => Promise<void>): void {
  probe = ask;
}

const waiting = new Set<() => void>();

/** Call back each time it answers after it did not; gives what ends that. */
export function whenBack(call: () => void): () => void {
  waiting.add(call);
  return () => waiting.delete(call);
}

/** Note that it answered. */
export function heard(): void {
  const wasAway = state.value === "away";
  failures = 0;
  nextTryAt.value = 0;
  clearTimeout(timer);
  timer = undefined;
  state.value = "live";
  if (wasAway) for (const call of [...waiting]) call();
}

/** Note that it did not. */
export function lost(): void {
  state.value = "away";
  if (timer !== undefined) return;
  failures += 1;
  const pause = pauseAfter(failures, PATIENCE);
  nextTryAt.value = moment() + pause;
  timer = setTimeout(tryAgain, pause);
}

function tryAgain(): void {
  timer = undefined;
  if (state.value !== "away") return;
  // A request tells by itself how it went, through `heard` and `lost`.
  probe().catch(() => {});
}

addEventListener("online", () => {
  clearTimeout(timer);
  tryAgain();
});
