/** Mark a lead in the version that was looked at; say who was faster if somebody was. */
import { ApiError } from "../../api/errors.ts";
import { leads } from "../../api/leadwire.ts";
import type { HistoryEntry, Marked, Status } from "../../api/types.ts";
import { fullName } from "../../parts/show.tsx";
import { t } from "../../texts.ts";

export interface Markable {
  id: string;
  name: string;
  family_name: string;
  status: Status;
}

/** What somebody else has made of the lead meanwhile. */
export class OvertakenError extends Error {}

// Who held the lead a moment ago is forbidden to mark it once somebody else has decided it.
const LOST_RACE = new Set([
  "forbidden",
  "illegal_transition",
  "precondition_failed",
  "reason_required",
]);

/**
 * @param tag Version of the work side that the decision is about.
 * @throws OvertakenError: It is another version now; nothing was saved.
 * @throws ApiError
 */
export async function mark(lead: Markable, tag: string, status: Status): Promise<Marked> {
  try {
    return await leads.mark(lead.id, status, tag);
  } catch (error) {
    if (!(error instanceof ApiError && LOST_RACE.has(error.code))) throw error;
    throw new OvertakenError(await whatHappened(lead));
  }
}

/** Say what marking did, and what comes next. */
export function sayMarked({ lead, next_lead }: Marked): string {
  const done = t.marks.done(fullName(lead), lead.status);
  return next_lead === null ? done : `${done} ${t.marks.next(fullName(next_lead))}`;
}

async function whatHappened(lead: Markable): Promise<string> {
  const history = await leads.history(lead.id).catch(() => ({ items: [] }));
  const last = history.items.findLast(isMark);
  if (last === undefined || last.to_status === lead.status) return t.marks.changed;
  return t.marks.overtaken(last.manager?.name ?? last.actor, last.to_status);
}

export const isMark = (entry: HistoryEntry) => entry.from_status !== entry.to_status;

/** Whether nobody works on the lead any more; only a correction changes that. */
export const isDecided = (status: Status) => status === "interested" || status === "not_interested";
