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
  /** Milliseconds until the answer begins; 0 for no limit. */
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

/** Headers of every request. `X-Requested-With` keeps browsers from asking for a password. */
export function credentials(): Record<string, string> {
  const token = sessionStorage.getItem(TOKEN);
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

/** Send a request; give the answer if it is a good one. @throws ApiError */
export async function send(method: string, path: string, ask: Ask = {}): Promise<Response> {
  const deadline = new AbortController();
  const patience = ask.within ?? USUAL_PATIENCE;
  const timer = patience > 0 ? setTimeout(() => deadline.abort(), patience) : undefined;
  const body = ask.json === undefined ? {} : { body: JSON.stringify(ask.json) };
  const type = ask.json === undefined ? {} : { "Content-Type": "application/json" };
  try {
    const response = await fetch(address(path, ask.query), {
      method,
      headers: { ...credentials(), ...type, ...ask.headers },
      signal: ask.signal ? AbortSignal.any([ask.signal, deadline.signal]) : deadline.signal,
      cache: "no-store",
      ...body,
    });
    if (!response.ok) throw noted(await ApiError.of(response));
    heard();
    return response;
  } catch (error) {
    if (error instanceof ApiError) throw error;
    // Who asked may have lost interest, which says nothing about Leadwire.
    if (!ask.signal?.aborted) lost();
    throw ApiError.away();
  } finally {
    clearTimeout(timer);
  }
}

/** Send a request; give the JSON of the answer. @throws ApiError */
export async function ask<Answer>(method: string, path: string, ask: Ask = {}): Promise<Answer> {
  const response = await send(method, path, ask);
  if (response.status === 204) return undefined as Answer;
  try {
    return await response.json();
  } catch {
    throw ApiError.notUnderstood();
  }
}

const NOBODY_HOME = new Set([502, 503, 504]);

/** Note what a refusal tells of Leadwire itself, and of whoever looks. */
export function noted(error: ApiError): ApiError {
  if (NOBODY_HOME.has(error.status)) lost();
  else heard();
  if (error.status === 401) {
    keepToken(null);
    loggedOut.value = true;
  }
  return error;
}

/** A name for a request that may be sent again; also where there is no `crypto.randomUUID`. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
