/** Who looks at the console, and what he may do. */
import { computed, signal } from "@preact/signals";
import { ApiError } from "./errors.ts";
import { ask, keepToken, loggedOut } from "./request.ts";
import type { Me, Role, Token } from "./types.ts";

/** Who it is; null until that is known. */
export const me = signal<Me | null>(null);

/** What roles allow; what nobody here may do is not shown. */
const ALLOWED = {
  work: ["admin", "manager"],
  readLeads: ["admin", "manager", "reader"],
  import: ["admin", "importer"],
  readManagers: ["admin", "manager", "reader"],
  manageManagers: ["admin"],
  operate: ["admin"],
} satisfies Record<string, Role[]>;

export type Right = keyof typeof ALLOWED;

const roles = computed(() => new Set<Role>(me.value?.roles ?? []));

/** Tell whether whoever looks may do something. */
export function may(right: Right): boolean {
  return ALLOWED[right].some((role) => roles.value.has(role));
}

/** Tell whether whoever looks may act as a manager. */
export function mayActAs(managerId: string | undefined): boolean {
  if (managerId === undefined) return false;
  return roles.value.has("admin") || (may("work") && me.value?.manager_id === managerId);
}

/** Learn who looks. @throws ApiError: Leadwire does not answer; a refused token is no error. */
export async function learnWho(): Promise<void> {
  try {
    me.value = await ask<Me>("GET", "/v1/auth/me");
    loggedOut.value = false;
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 401)) throw error;
  }
}

/** Log in, and go on where one was. @throws ApiError */
export async function logIn(username: string, password: string): Promise<void> {
  const json = { username, password };
  keepToken((await ask<Token>("POST", "/v1/auth/token", { json })).access_token);
  await learnWho();
}

export function logOut(): void {
  keepToken(null);
  me.value = null;
  loggedOut.value = true;
}
