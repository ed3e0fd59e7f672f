/** Ask Leadwire: with the token, within a time, and with an error that says what is wrong. */
import { signal } from "@preact/signals";
import { ApiError } from "./errors.ts";
import { heard, lost } from "./link.ts";

export type Query = Record<string, string | number | boolean | string[] | null | undefined>;

export interface Ask {
  query?: Query;
  /** Sent as JSON. */
  json?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Milliseconds until the answer is there; 0 for no limit. */
  within?: number;
}

const USUAL_PATIENCE = 30_000;
const TOKEN = "leadwire.token";

/** Whether somebody must log in before anything else is shown. */
export const loggedOut = signal(false);

/**
 * The token lives in the tab's own storage: a reload keeps it, no other window sees it, and it is
 * gone when the tab is. Memory alone would ask for the password at each reload; no place that a
 * script can read would be safer than this one, and the page lets no script in but its own.
 */
export function keepToken(token: string | null): void {
  if (token === null) sessionStorage.removeItem(TOKEN);
  else sessionStorage.setItem(TOKEN, token);
}

export const tokenNow = () => sessionStorage.getItem(TOKEN);

/** Headers of every request. `X-Requested-With` keeps browsers from asking for a password. */
export function credentials(token: string | null): Record<string, string> {
  const asked = { "X-Requested-With": "leadwire-console" };
  return token === null ? asked : { ...asked, Authorization: `Bearer ${token}` };
}

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
export async function send(method: string, path: string, ask: Ask = {}): Promise<Response> {
  const deadline = new Deadline(ask.within ?? USUAL_PATIENCE);
  try {
    return await sent(method, path, ask, deadline.signal);
  } finally {
    deadline.end();
  }
}

/** Send a request; give the JSON of the answer, the whole of which comes within the time. @throws ApiError */
export async function ask<Answer>(method: string, path: string, ask: Ask = {}): Promise<Answer> {
  const deadline = new Deadline(ask.within ?? USUAL_PATIENCE);
  try {
    const response = await sent(method, path, ask, deadline.signal);
    const text = await arrived(response.text());
    return response.status === 204 ? (undefined as Answer) : understood(text);
  } finally {
    deadline.end();
  }
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
  deadline: AbortSignal,
): Promise<Response> {
  const token = tokenNow();
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
    if (!response.ok) throw noted(await ApiError.of(response), token);
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

/** Note what a refusal tells of Leadwire itself, and of whoever asked with a token. */
export function noted(error: ApiError, token: string | null): ApiError {
  if (error.isOfNobody) lost();
  else heard();
  // Whoever has logged in anew since is not meant.
  if (error.status === 401 && token === tokenNow()) {
    keepToken(null);
    loggedOut.value = true;
  }
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
