/** Drive a stream: connect, read, watch for silence, wait, connect again, until told to stop. */
import type { Backoff } from "../api/backoff.ts";
import { ApiError } from "../api/errors.ts";
import { type Change, StreamSession } from "./session.ts";

/** How the connection stands; at first it is connecting. */
export type Link = "connecting" | "live" | "away";

export interface Reader<Lead> {
  /** Take what changed, in order. */
  changed(changes: Change<Lead>[]): void;
  /** Learn how the connection stands; while it is away it is tried again and again. */
  linked(link: Link): void;
  /** The stream is over: nothing will mend it by itself. */
  failed(error: ApiError): void;
}

/** Ask for the stream, from a cursor if there is one. @throws ApiError */
export type Open = (cursor: string | null, signal: AbortSignal) => Promise<Response>;

const PATIENCE: Backoff = { first: 500, most: 15_000 };
const STREAM_TYPE = "application/x-ndjson";
/** Bytes: some hundred leads, which are read between two frames. */
export const AT_ONCE = 128 * 1024;

/** Those for whom it is followed. */
export interface Audience {
  /** Wait until there is somebody, or for the signal. */
  gathered(signal: AbortSignal): Promise<void>;
  /** Call back once there has been nobody for a while; gives what ends that. */
  onLeft(call: () => void): () => void;
}

export interface FollowOptions {
  signal: AbortSignal;
  audience?: Audience;
  /** Call back when there is no reason to wait any longer; gives what ends that. */
  woken?: (wake: () => void) => () => void;
  backoff?: Backoff;
  cursor?: string | null;
}

/** Follow until the signal; never throws. */
export async function follow<Lead>(
  open: Open,
  reader: Reader<Lead>,
  options: FollowOptions,
): Promise<void> {
  const {
    signal,
    audience = ALWAYS,
    woken = neverWoken,
    backoff = PATIENCE,
    cursor = null,
  } = options;
  const session = new StreamSession<Lead>(backoff, cursor);
  while (!signal.aborted) {
    await audience.gathered(signal);
    if (signal.aborted) return;
    await connection(session, open, reader, signal, audience);
    if (signal.aborted) return;
    if (session.failure !== null) {
      reader.failed(session.failure);
      return;
    }
    if (session.isFailing) reader.linked("away");
    await passed(session.pause, signal, woken);
  }
}

async function connection<Lead>(
  session: StreamSession<Lead>,
  open: Open,
  reader: Reader<Lead>,
  signal: AbortSignal,
  audience: Audience,
): Promise<void> {
  const watch = new Watch(signal);
  const forget = audience.onLeft(() => {
    session.hangUp();
    watch.end();
  });
  reader.changed(session.begin());
  try {
    watch.expectWithin(session.silence);
    const response = await open(session.cursor, watch.signal);
    if (!(response.headers.get("Content-Type") ?? "").startsWith(STREAM_TYPE)) {
      session.broken();
      return;
    }
    reader.linked("connecting");
    await read(session, response, reader, watch);
  } catch (error) {
    if (!(error instanceof ApiError)) console.error(error);
    else if (!session.hungUp) session.refused(error);
  } finally {
    forget();
    session.cut();
    watch.end();
  }
}

async function read<Lead>(
  session: StreamSession<Lead>,
  response: Response,
  reader: Reader<Lead>,
  watch: Watch,
): Promise<void> {
  const body = response.body?.getReader();
  while (body !== undefined) {
    watch.expectWithin(session.silence);
    // That it breaks off is nothing but its end.
    const { value } = await body.read().catch(() => ({ value: undefined }));
    if (value === undefined) return;
    for (let at = 0; at < value.length; at += AT_ONCE) {
      const changes = session.feed(value.subarray(at, at + AT_ONCE));
      if (changes.some((change) => change.type === "mark")) reader.linked("live");
      reader.changed(changes);
      if (session.hungUp) return;
      await turn();
      if (watch.signal.aborted) return;
    }
  }
}

/** Let the page draw, and hear the keys, in between; a timer would have it wait. */
function turn(): Promise<void> {
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      done();
    };
    port2.postMessage(null);
  });
}

/** Aborts what it watches if nothing is heard for too long, or if the reader has enough. */
class Watch {
  private readonly controller = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly outer: AbortSignal;

  constructor(outer: AbortSignal) {
    this.outer = outer;
    outer.addEventListener("abort", this.abort, { once: true });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  expectWithin(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.abort, milliseconds);
  }

  end(): void {
    this.outer.removeEventListener("abort", this.abort);
    this.abort();
  }

  private readonly abort = (): void => {
    clearTimeout(this.timer);
    this.controller.abort();
  };
}

const ALWAYS: Audience = { gathered: () => Promise.resolve(), onLeft: () => () => {} };

const neverWoken = () => () => {};

function passed(
  milliseconds: number,
  signal: AbortSignal,
  woken: (wake: () => void) => () => void,
): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      forget();
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done, { once: true });
    const forget = woken(done);
  });
}
