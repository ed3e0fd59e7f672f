/** Learn that leads changed, without holding them. */
import { useEffect, useRef } from "preact/hooks";
import type { Filters } from "../api/leadwire.ts";
import { whenBack } from "../api/link.ts";
import { audience } from "./attention.ts";
import { follow } from "./follow.ts";
import { openLeads } from "./leads.ts";

const AT_MOST_EVERY = 250;

/**
 * Call back soon after leads change that match, or come to match or leave; not for each of many.
 *
 * @param pause Milliseconds for which changes are gathered.
 */
export function useChanges(filters: Filters, changed: () => void, pause = AT_MOST_EVERY): void {
  const call = useRef(changed);
  call.current = changed;
  const gather = useRef(pause);
  gather.current = pause;
  const key = JSON.stringify(filters);
  useEffect(() => {
    const controller = new AbortController();
    let due: ReturnType<typeof setTimeout> | undefined;
    const soon = () => {
      due ??= setTimeout(() => {
        due = undefined;
        call.current();
      }, gather.current);
    };
    const reader = {
      changed: (changes: { type: string }[]) => {
        if (changes.some(({ type }) => type !== "mark")) soon();
      },
      linked: () => {},
      failed: () => {},
    };
    void follow(openLeads({ ...JSON.parse(key), start: "now" }, "id"), reader, {
      signal: controller.signal,
      audience,
      woken: whenBack,
    });
    return () => {
      controller.abort();
      clearTimeout(due);
    };
  }, [key]);
}
