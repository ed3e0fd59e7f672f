/** Asking the API from a view: what is there, what went wrong, and once more. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
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

/**
 * Ask when the view is shown, when a dependency changes, and at every interval.
 *
 * An answer stays while a newer one is asked for and if that fails; it is dropped when the
 * dependencies change. Of two requests under way, the answer to the later one counts.
 */
export function useAsked<Answer>(
  request: () => Promise<Answer>,
  dependencies: readonly unknown[],
  { every = 0 }: AskOptions = {},
): Asked<Answer> {
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const latest = useRef(0);
  const wanted = useRef(request);
  wanted.current = request;

  const again = useCallback(async () => {
    latest.current += 1;
    const mine = latest.current;
    try {
      const found = await wanted.current();
      if (mine !== latest.current) return;
      setAnswer(found);
      setError(null);
    } catch (thrown) {
      if (mine === latest.current) setError(asApiError(thrown));
    }
  }, []);

  const reached = link.value === "live";
  const failed = error?.passes ?? false;
  useEffect(() => {
    if (reached && failed) void again();
  }, [reached, failed, again]);

  const set = useCallback((found: Answer) => {
    latest.current += 1;
    setAnswer(found);
    setError(null);
  }, []);

  useEffect(() => {
    setAnswer(null);
    setError(null);
    void again();
    return () => {
      latest.current += 1;
    };
  }, [...dependencies]);
  useEvery(every, again);

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
