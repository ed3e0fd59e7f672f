/** What a manager holds once a lead has left him, and what he is told of it. */
import { useEffect, useRef } from "preact/hooks";
import { leads } from "../../api/leadwire.ts";
import type { Manager, Marked, WorkLead } from "../../api/types.ts";
import { toast } from "../../parts/notice.tsx";
import { fullName } from "../../parts/show.tsx";
import { t } from "../../texts.ts";
import { isDecided, isMark } from "../lead/marking.ts";
import { noteDecided } from "./DecidedHere.tsx";

/** What the manager holds once a lead is marked: what the answer to the mark says of it. */
export function afterMarking(manager: Manager, { lead, next_lead }: Marked): Manager {
  // It has been heard already that the lead left; what came in its place is known as well.
  if (!manager.leads.some((each) => each.id === lead.id)) return manager;
  const others = manager.leads.filter((each) => each.id !== lead.id && each.id !== next_lead?.id);
  const kept = lead.manager?.id === manager.id ? [lead] : [];
  const next = next_lead?.manager?.id === manager.id ? [next_lead] : [];
  return { ...manager, leads: [...kept, ...others, ...next] };
}

/**
 * Tell what became of the lead at hand if it leaves by nothing that was answered here: the answer
 * to a decision got lost, another window decided, or somebody took the lead away.
 *
 * @param warn Told in words that the lead is somebody else's now, or nobody's.
 * @returns Notes that an answer has sent a lead away, of which nothing more is to be told.
 */
export function useLeft(
  managerId: string,
  lead: WorkLead | null,
  held: readonly WorkLead[],
  warn: (message: string) => void,
): (id: string) => void {
  const before = useRef<WorkLead | null>(null);
  const sentAway = useRef<string | null>(null);
  useEffect(() => {
    const left = before.current;
    before.current = lead;
    if (left === null || held.some(({ id }) => id === left.id)) return;
    if (sentAway.current !== left.id) void tellOf(left, managerId, warn);
  }, [lead?.id]);
  return (id) => {
    sentAway.current = id;
  };
}

async function tellOf(
  lead: WorkLead,
  managerId: string,
  warn: (message: string) => void,
): Promise<void> {
  const { items } = await leads.history(lead.id).catch(() => ({ items: [] }));
  const last = items.findLast(isMark);
  if (last !== undefined && isDecided(last.to_status) && last.manager?.id === managerId) {
    toast(t.marks.done(fullName(lead), last.to_status));
    noteDecided(managerId, { ...lead, status: last.to_status, decided_at: last.at });
  } else {
    warn(t.work.taken(fullName(lead)));
  }
}
