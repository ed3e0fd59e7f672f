/** Who looks at the console, and what he may do. */
import { computed, signal } from "@preact/signals";
import { t } from "../texts.ts";
import { ApiError } from "./errors.ts";
import { ask } from "./request.ts";
import { gone, loggedIn } from "./token.ts";
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

/** Learn who looks. @throws ApiError */
export async function learnWho(): Promise<void> {
  me.value = await ask<Me>("GET", "/v1/auth/me");
}

/** Log in, and go on where one was. @throws ApiError */
export async function logIn(username: string, password: string): Promise<void> {
  const { access_token } = await tokenFor(username, password);
  const now = await ask<Me>("GET", "/v1/auth/me", { token: access_token });
  const isSame = me.value === null || me.value.name === now.name;
  me.value = now;
  loggedIn(access_token, isSame);
}

async function tokenFor(username: string, password: string): Promise<Token> {
  const json = { username, password };
  try {
    return await ask<Token>("POST", "/v1/auth/token", { json, token: null });
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 401)) throw error;
    throw new ApiError(401, error.code, t.logIn.wrong);
  }
}

export function logOut(): void {
  me.value = null;
  gone();
}
