/** What a stream says, line by line; docs/guide/read.md explains each. */

export interface Put<Lead> {
  type: "put";
  id: string;
  rev: number;
  lead: Lead;
  why: string;
}

export interface Gone {
  type: "gone";
  id: string;
  rev: number;
  why: string;
}

export type Frame<Lead> =
  | Put<Lead>
  | Gone
  | { type: "hello"; epoch: string; heartbeat_s: number }
  | { type: "mark"; cursor: string; lag_ms: number }
  | { type: "synced"; cursor: string }
  | { type: "error"; code: string; retryable: boolean }
  | { type: "bye"; reason: string; reconnect_ms: number };

const KNOWN = new Set(["put", "gone", "hello", "mark", "synced", "error", "bye"]);

/**
 * Read a line.
 *
 * @returns The frame, or null for one of a kind that is not known here.
 * @throws SyntaxError: It is no frame.
 */
export function parseFrame<Lead>(line: string): Frame<Lead> | null {
  const frame: unknown = JSON.parse(line);
  if (typeof frame !== "object" || frame === null || !("type" in frame)) {
    throw new SyntaxError("a line of the stream is no frame");
  }
  return KNOWN.has(String(frame.type)) ? (frame as Frame<Lead>) : null;
}
