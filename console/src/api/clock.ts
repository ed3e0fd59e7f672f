/**
 * What time it is at Leadwire.
 *
 * What the API dates is compared with that, not with the clock of whoever looks: one that is wrong
 * by hours would make every age wrong by them.
 */
import { signal } from "@preact/signals";

/** Milliseconds. Answers bear whole seconds and take their time; who looks does not see less. */
const NOT_SEEN = 60_000;

/** Milliseconds by which the clock here is behind. */
const behind = signal(0);

/** The time, in milliseconds since 1970. */
export const moment = () => Date.now() + behind.value;

/** Take the time that an answer bears. */
export function noteTime(date: string | null): void {
  const found = Date.parse(date ?? "") - Date.now();
  if (Math.abs(found - behind.value) > NOT_SEEN) behind.value = found;
}
