/** The token of whoever is logged in, and what waits for somebody to log in once it has ended. */
import { signal } from "@preact/signals";
import { ApiError } from "./errors.ts";

const TOKEN = "leadwire.token";

/** Whether somebody must log in before anything else is shown. */
export const loggedOut = signal(false);

/** Each is told whether to ask again. */
const waiting = new Set<(again: boolean) => void>();

/**
 * The token lives in the tab's own storage: a reload keeps it, no other window sees it, and it is
 * gone when the tab is. Memory alone would ask for the password at each reload; no place that a
 * script can read would be safer than this one, and the page lets no script in but its own.
 */
export const tokenNow = () => sessionStorage.getItem(TOKEN);

/** Headers of every request. `X-Requested-With` keeps browsers from asking for a password. */
export function credentials(token: string | null): Record<string, string> {
  const asked = { "X-Requested-With": "leadwire-console" };
  return token === null ? asked : { ...asked, Authorization: `Bearer ${token}` };
}

/** Somebody has logged in. @param goesOn Whether what waits was asked by him, and is asked again. */
export function loggedIn(token: string, goesOn: boolean): void {
  sessionStorage.setItem(TOKEN, token);
  loggedOut.value = false;
  settle(goesOn);
}

/** He who was logged in has gone; nothing that he asked is done any more. */
export function gone(): void {
  sessionStorage.removeItem(TOKEN);
  loggedOut.value = true;
  settle(false);
}

/**
 * Ask with the token there is. If it is refused, wait until somebody has logged in, and ask again
 * if that is who has asked: so a session that ends takes nothing away.
 *
 * @throws ApiError: The refusal, if it was somebody else; whatever else `ask` throws.
 */
export async function withToken<Answer>(
  ask: (token: string | null) => Promise<Answer>,
): Promise<Answer> {
  for (;;) {
    const token = tokenNow();
    try {
      return await ask(token);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 401)) throw error;
      if (!(await isToAskAgain(token))) throw error;
    }
  }
}

async function isToAskAgain(refused: string | null): Promise<boolean> {
  // Whoever has logged in anew since is not meant.
  if (refused === tokenNow()) {
    sessionStorage.removeItem(TOKEN);
    loggedOut.value = true;
  }
  return !loggedOut.value || new Promise((told) => waiting.add(told));
}

function settle(again: boolean): void {
  for (const tell of waiting) tell(again);
  waiting.clear();
}
