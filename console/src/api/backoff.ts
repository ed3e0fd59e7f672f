/** How long to wait before something that failed is tried again. */

/** Waits that double up to `most`, half of each by chance; in milliseconds. */
export interface Backoff {
  first: number;
  most: number;
}

/** Longer than an hour nobody waits, whoever asks for it. */
export const MOST_ASKED_FOR = 3_600_000;

/** @param askedFor Milliseconds before which the server does not want to be asked again. */
export function pauseAfter(failures: number, { first, most }: Backoff, askedFor = 0): number {
  const longest = Math.min(most, first * 2 ** (failures - 1));
  const own = longest * (0.5 + Math.random() / 2);
  return Math.max(own, Math.min(askedFor, MOST_ASKED_FOR) * (1 + Math.random() / 4));
}
