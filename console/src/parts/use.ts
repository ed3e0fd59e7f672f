/** Asking the API from a view: what is there, what went wrong, and once more. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { type Backoff, pauseAfter } from "../api/backoff.ts";
import { type ApiError, asApiError } from "../api/errors.ts";
import { link } from "../api/link.ts";

export interface Asked<Answer> {
  answer: Answer | null;
  error: ApiError | null;
  again: () => void;
  /** Put something in the place of the answer, which a request has just brought. */
  set: (answer: Answer) => void;
}

export interface AskOptions {
  /** Milliseconds between two requests while the page is seen; 0 for one only. */
  every?: number;
}

const PATIENCE: Backoff = { first: 1_000, most: 15_000 };

/**
 * Ask when the view is shown, when a dependency changes, at every interval, and once more after
 * what may pass.
 *
 * An answer stays while a newer one is asked for and if that fails; it is dropped when the
 * dependencies change. One request is under way at a time, so that none is overtaken by the next
 * one where answers are slow: who asks again meanwhile has one more sent after it.
 */
export function useAsked<Answer>(
  request: () => Promise<Answer>,
  dependencies: readonly unknown[],
  { every = 0 }: AskOptions = {},
): Asked<Answer> {
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  /** Moves on when answers to what was asked so far count no more. */
  const round = useRef(0);
  const asking = useRef<number | null>(null);
  const onceMore = useRef(false);
  const failures = useRef(0);
  const wanted = useRef(request);
  wanted.current = request;

  const told = useCallback((found: Answer) => {
    failures.current = 0;
    setAnswer(found);
    setError(null);
  }, []);

  const askOnce = useCallback(
    async (mine: number) => {
      try {
        const found = await wanted.current();
        if (mine === round.current) told(found);
      } catch (thrown) {
        if (mine !== round.current) return;
        failures.current += 1;
        setError(asApiError(thrown));
      }
    },
    [told],
  );

  const again = useCallback(async () => {
    const mine = round.current;
    onceMore.current = asking.current === mine;
    if (onceMore.current) return;
    asking.current = mine;
    do {
      onceMore.current = false;
      await askOnce(mine);
    } while (mine === round.current && onceMore.current);
    if (asking.current === mine) asking.current = null;
  }, [askOnce]);

  const set = useCallback(
    (found: Answer) => {
      round.current += 1;
      told(found);
    },
    [told],
  );

  useEffect(() => {
    setAnswer(null);
    setError(null);
    failures.current = 0;
    void again();
    return () => {
      round.current += 1;
    };
  }, [...dependencies]);
  useEvery(every, () => asking.current === round.current || void again());

  const reached = link.value === "live";
  const failed = error?.passes ?? false;
  useEffect(() => {
    if (!reached || !failed) return;
    const pause = pauseAfter(failures.current, PATIENCE, error?.retryAfter);
    const timer = setTimeout(again, pause);
    return () => clearTimeout(timer);
  }, [reached, failed, error, again]);

  // That Leadwire is away is told once for the whole page, and mends itself.
  const shown = failed && link.value === "away" ? null : error;
  return { answer, error: shown, again: () => void again(), set };
}

export interface Doing {
  busy: boolean;
  error: ApiError | null;
  /** Do it; a second time only once the first has ended. */
  run: (action: () => Promise<void>) => Promise<void>;
  clear: () => void;
}

/** Something that somebody does: once at a time, and what went wrong is told. */
export function useDoing(): Doing {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const running = useRef(false);
  const run = useCallback(async (action: () => Promise<void>) => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    setError(null);
    try {
      await action();
    } catch (thrown) {
      setError(asApiError(thrown));
    } finally {
      running.current = false;
      setBusy(false);
    }
  }, []);
  return { busy, error, run, clear: useCallback(() => setError(null), []) };
}

/** Whether so many milliseconds have passed since the caller was first shown. */
export function usePassed(milliseconds: number): boolean {
  const [passed, setPassed] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setPassed(true), milliseconds);
    return () => clearTimeout(timer);
  }, [milliseconds]);
  return passed;
}

/** Call again and again while the page is seen. @param milliseconds Between two calls; 0: never. */
export function useEvery(milliseconds: number, call: () => void): void {
  const current = useRef(call);
  current.current = call;
  useEffect(() => {
    if (milliseconds === 0) return;
    const timer = setInterval(() => document.hidden || current.current(), milliseconds);
    return () => clearInterval(timer);
  }, [milliseconds]);
}
