/** Ask Leadwire: with the token, within a time, and with an error that says what is wrong. */
import { noteTime } from "./clock.ts";
import { ApiError } from "./errors.ts";
import { heard, lost } from "./link.ts";
import { credentials, withToken } from "./token.ts";

export type Query = Record<string, string | number | boolean | string[] | null | undefined>;

export interface Ask {
  query?: Query;
  /** Sent as JSON. */
  json?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Milliseconds until the answer is there; 0 for no limit. */
  within?: number;
  /** Another one than that of who is logged in; its refusal is not waited out. */
  token?: string | null;
}

const USUAL_PATIENCE = 30_000;

/** Write a path with its query; what is null or undefined is left out. */
export function address(path: string, query: Query = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value])
      .filter((each) => each !== null && each !== undefined)
      .map((each): [string, string] => [name, String(each)]),
  );
  return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs)}`;
}

/**
 * Send a request; give the answer if it is a good one, once it begins.
 *
 * @throws ApiError
 */
export function send(method: string, path: string, ask: Ask = {}): Promise<Response> {
  return answered(method, path, ask, async (response) => response);
}

/** Send a request; give the JSON of the answer, the whole of which comes within the time. @throws ApiError */
export function ask<Answer>(method: string, path: string, ask: Ask = {}): Promise<Answer> {
  return answered(method, path, ask, async (response) => {
    const text = await arrived(response.text());
    return response.status === 204 ? (undefined as Answer) : understood(text);
  });
}

async function answered<Answer>(
  method: string,
  path: string,
  ask: Ask,
  read: (response: Response) => Promise<Answer>,
): Promise<Answer> {
  const once = async (token: string | null) => {
    const deadline = new Deadline(ask.within ?? USUAL_PATIENCE);
    try {
      return await read(await sent(method, path, ask, token, deadline.signal));
    } finally {
      deadline.end();
    }
  };
  return ask.token === undefined ? withToken(once) : once(ask.token);
}

/** Wait for what is still to come of an answer. @throws ApiError: It broke off. */
export async function arrived<Part>(part: Promise<Part>): Promise<Part> {
  try {
    return await part;
  } catch {
    throw ApiError.away();
  }
}

async function sent(
  method: string,
  path: string,
  ask: Ask,
  token: string | null,
  deadline: AbortSignal,
): Promise<Response> {
  const body = ask.json === undefined ? {} : { body: JSON.stringify(ask.json) };
  const type = ask.json === undefined ? {} : { "Content-Type": "application/json" };
  try {
    const response = await fetch(address(path, ask.query), {
      method,
      headers: { ...credentials(token), ...type, ...ask.headers },
      signal: ask.signal ? AbortSignal.any([ask.signal, deadline]) : deadline,
      cache: "no-store",
      ...body,
    });
    noteTime(response.headers.get("Date"));
    if (!response.ok) throw noted(await ApiError.of(response));
    heard();
    return response;
  } catch (error) {
    if (error instanceof ApiError) throw error;
    // Who asked may have lost interest, which says nothing about Leadwire.
    if (!ask.signal?.aborted) lost();
    throw ApiError.away();
  }
}

function understood<Answer>(text: string): Answer {
  try {
    return JSON.parse(text);
  } catch {
    throw ApiError.notUnderstood();
  }
}

/** Note what a refusal tells of Leadwire itself. */
export function noted(error: ApiError): ApiError {
  if (error.isOfNobody) lost();
  else heard();
  return error;
}

/** Aborts after so many milliseconds, or never if there are none. */
class Deadline {
  private readonly controller = new AbortController();
  private readonly timer: ReturnType<typeof setTimeout> | undefined;

  constructor(milliseconds: number) {
    if (milliseconds > 0) this.timer = setTimeout(() => this.controller.abort(), milliseconds);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  end(): void {
    clearTimeout(this.timer);
  }
}

/** A name for a request that may be sent again; also where there is no `crypto.randomUUID`. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
