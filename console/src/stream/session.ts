/**
 * A stream over as many connections as it takes, without one: what to ask, what came, what next.
 *
 * Two rules keep what is held exact. A connection resumes from the cursor of the last mark;
 * frames behind that mark come again. One that cannot resume begins anew, and the reader is told
 * to drop all that he holds: after an expired cursor, another epoch, a cut before the first mark.
 * The cases in clients/conformance hold this to what every client must do.
 */
import { type Backoff, MOST_ASKED_FOR, pauseAfter } from "../api/backoff.ts";
import { ApiError } from "../api/errors.ts";
import { type Frame, type Gone, type Put, parseFrame } from "./frames.ts";
import { LineDecoder } from "./lines.ts";

export type Change<Lead> =
  | Put<Lead>
  | Gone
  | { type: "reset"; reason: string }
  | { type: "synced"; cursor: string }
  | { type: "mark"; cursor: string };

const SILENT_HEARTBEATS = 2.5;
const USUAL_HEARTBEAT = 15_000;

export class StreamSession<Lead> {
  cursor: string | null;
  /** Whether the connection is to be left alone from here on. */
  hungUp = false;
  /** Milliseconds until the next connection. */
  pause = 0;
  failure: ApiError | null = null;
  private readonly backoff: Backoff;
  private heartbeat = USUAL_HEARTBEAT;
  private lines = new LineDecoder();
  private epoch: string | null = null;
  private readerHolds = false;
  private resetReason = "cut_before_mark";
  private brokenAt: string | null | undefined;
  private failures = 0;
  private marks = 0;

  constructor(backoff: Backoff, cursor: string | null = null) {
    this.backoff = backoff;
    this.cursor = cursor;
    this.readerHolds = cursor !== null;
  }

  /** Milliseconds of silence after which a connection is dead, whatever TCP says. */
  get silence(): number {
    return this.heartbeat * SILENT_HEARTBEATS;
  }

  /** Whether connections end one after another; a single cut is mended before anybody minds. */
  get isFailing(): boolean {
    return this.failures > 1;
  }

  /** Begin the next connection; tell what the reader must know before it. */
  begin(): Change<Lead>[] {
    this.lines = new LineDecoder();
    this.marks = 0;
    this.hungUp = false;
    if (this.cursor !== null || !this.readerHolds) return [];
    this.readerHolds = false;
    this.epoch = null;
    return [{ type: "reset", reason: this.resetReason }];
  }

  /** Take bytes; tell of what is complete, up to a frame that ends the connection. */
  feed(bytes: Uint8Array): Change<Lead>[] {
    const changes: Change<Lead>[] = [];
    try {
      for (const line of this.lines.feed(bytes)) {
        const frame = parseFrame<Lead>(line);
        if (frame !== null) changes.push(...this.take(frame));
        if (this.hungUp) break;
      }
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.broken();
    }
    return changes;
  }

  /** Take a refusal in place of a stream. */
  refused(error: ApiError): void {
    if (error.status === 410) this.startOver(error.code);
    else if (error.passes) this.later(error.retryAfter);
    else this.giveUp(error);
  }

  /** Take that something else than a stream came: once that may be a gateway's mishap. */
  broken(): void {
    if (this.brokenAt === this.cursor) this.giveUp(ApiError.notUnderstood());
    else {
      this.brokenAt = this.cursor;
      this.cut();
    }
  }

  /** Take that the connection ended, or never was, unless a frame ended it. */
  cut(): void {
    if (!this.hungUp) this.later();
  }

  /** Take that nobody listens: this connection ends, and the next one goes on from it. */
  hangUp(): void {
    this.hungUp = true;
    this.pause = 0;
  }

  private take(frame: Frame<Lead>): Change<Lead>[] {
    switch (frame.type) {
      case "put":
      case "gone":
        this.readerHolds = true;
        return [frame];
      case "mark":
        this.marked(frame.cursor);
        this.marks += 1;
        if (this.marks > 1) this.progressed();
        return [frame];
      case "synced":
        this.marked(frame.cursor);
        return [frame];
      case "hello":
        this.greeted(frame.epoch, frame.heartbeat_s * 1000);
        return [];
      case "bye":
        this.sentOff(frame.reconnect_ms);
        return [];
      case "error":
        if (frame.retryable) this.later();
        else this.startOver(frame.code);
        return [];
    }
  }

  private greeted(epoch: string, heartbeat: number): void {
    this.heartbeat = heartbeat > 0 ? heartbeat : USUAL_HEARTBEAT;
    if (this.cursor !== null && this.epoch !== null && this.epoch !== epoch) {
      this.startOver("epoch_changed");
    } else {
      this.epoch = epoch;
    }
  }

  private marked(cursor: string): void {
    this.cursor = cursor;
    this.readerHolds = true;
  }

  /** The first mark comes at once, also from a server that dies a moment later; the next do not. */
  private progressed(): void {
    this.failures = 0;
    this.brokenAt = undefined;
  }

  private sentOff(reconnect: number): void {
    if (this.marks > 1) {
      this.hungUp = true;
      this.pause = Math.min(reconnect, MOST_ASKED_FOR);
    } else {
      this.later(reconnect);
    }
  }

  private startOver(reason: string): void {
    this.resetReason = reason;
    this.cursor = null;
    if (this.failures > 0) {
      this.later();
    } else {
      this.failures = 1;
      this.hungUp = true;
      this.pause = 0;
    }
  }

  private later(askedFor = 0): void {
    this.hungUp = true;
    this.failures += 1;
    this.pause = pauseAfter(this.failures, this.backoff, askedFor);
  }

  private giveUp(error: ApiError): void {
    this.hungUp = true;
    this.failure = error;
  }
}
