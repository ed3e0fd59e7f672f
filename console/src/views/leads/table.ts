/**
 * The rows of the live table: what the stream says, what the search leaves of it, in order.
 *
 * A hundred thousand rows come and change in batches. Each batch is merged into the order that is
 * there already, so that a change costs one pass over the rows and not another sorting of all.
 */

import type { LeadRow } from "../../api/types.ts";
import type { Change } from "../../stream/session.ts";

/** More is not held: memory has an end. */
export const MOST_ROWS = 200_000;
export const FIELDS = "name,family_name,email,cellphone,status,manager,origin,created_at,rev";

export const SORTS = ["-created", "created", "name", "-name", "status", "-status"] as const;
export type Sort = (typeof SORTS)[number];

/** A row, and what it is searched and sorted by. */
interface Entry {
  lead: LeadRow;
  words: string;
  name: string;
  changedAt: number;
}

export class LeadTable {
  /** Whether leads match that are not held, since there are too many. */
  full = false;
  /** Whether the snapshot is complete. */
  synced = false;
  private readonly held = new Map<string, Entry>();
  private shown: Entry[] = [];
  private search = "";
  private sort: Sort = "-created";
  private readonly dirty = new Set<string>();

  /** Leads that match the filters, as far as they are held. */
  get size(): number {
    return this.held.size;
  }

  /** How many rows the search leaves. */
  get length(): number {
    return this.shown.length;
  }

  /** Rows from one place to before another. */
  slice(from: number, to: number): { lead: LeadRow; changedAt: number }[] {
    return this.shown.slice(from, to);
  }

  row(index: number): LeadRow | undefined {
    return this.shown[index]?.lead;
  }

  /** What is held of a lead, whether it is shown or not. */
  lead(id: string): LeadRow | undefined {
    return this.held.get(id)?.lead;
  }

  /** Where a lead stands, or -1. */
  indexOf(id: string): number {
    return this.shown.findIndex((entry) => entry.lead.id === id);
  }

  /** Take what the stream says. @param now Milliseconds; of rows that changed while one looks. */
  apply(changes: readonly Change<LeadRow>[], now: number): void {
    for (const change of changes) {
      if (change.type === "put") this.put(change.lead, now);
      else if (change.type === "gone") this.remove(change.id);
      else if (change.type === "synced") this.synced = true;
      else if (change.type === "reset") this.clear();
    }
  }

  /** Search and sort otherwise. */
  arrange(search: string, sort: Sort): void {
    this.search = folded(search.trim());
    this.sort = sort;
    this.dirty.clear();
    this.shown = [...this.held.values()].filter(this.isFound).sort(COMPARE[sort]);
  }

  /** Bring what changed into what is shown; cheap if nothing did. */
  settle(): void {
    if (this.dirty.size === 0) return;
    const kept = this.shown.filter((entry) => !this.dirty.has(entry.lead.id));
    const changed = [...this.dirty]
      .flatMap((id) => this.held.get(id) ?? [])
      .filter(this.isFound)
      .sort(COMPARE[this.sort]);
    this.dirty.clear();
    this.shown = merged(kept, changed, COMPARE[this.sort]);
  }

  private put(lead: LeadRow, now: number): void {
    if (this.held.size >= MOST_ROWS && !this.held.has(lead.id)) {
      this.full = true;
      return;
    }
    this.held.set(lead.id, entryOf(lead, this.synced ? now : 0));
    this.dirty.add(lead.id);
  }

  private remove(id: string): void {
    if (this.held.delete(id)) this.dirty.add(id);
  }

  private clear(): void {
    this.held.clear();
    this.dirty.clear();
    this.shown = [];
    this.synced = false;
    this.full = false;
  }

  private readonly isFound = (entry: Entry): boolean =>
    this.search === "" || entry.words.includes(this.search);
}

type Compare = (one: Entry, other: Entry) => number;

// Ids are UUIDs of version 7: their order is that in which the leads came in.
const byAge: Compare = (one, other) => compared(one.lead.id, other.lead.id);
const byName: Compare = (one, other) => compared(one.name, other.name) || byAge(one, other);
const byStatus: Compare = (one, other) =>
  compared(one.lead.status, other.lead.status) || byAge(one, other);

const reversed =
  (compare: Compare): Compare =>
  (one, other) =>
    compare(other, one);

const COMPARE: Record<Sort, Compare> = {
  created: byAge,
  "-created": reversed(byAge),
  name: byName,
  "-name": reversed(byName),
  status: byStatus,
  "-status": reversed(byStatus),
};

function entryOf(lead: LeadRow, changedAt: number): Entry {
  const name = folded(`${lead.name} ${lead.family_name}`);
  const words = `${name}\n${lead.email.toLowerCase()}\n${lead.cellphone ?? ""}`;
  return { lead, words, name, changedAt };
}

/** Letters without case and accents, as the API searches. */
function folded(text: string): string {
  const lower = text.toLowerCase();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: most names need no more than this
  return /^[\x00-\x7f]*$/.test(lower) ? lower : lower.normalize("NFD").replace(/\p{M}/gu, "");
}

const compared = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0);

/** Merge two sorted lists into one. */
function merged(one: Entry[], other: Entry[], compare: Compare): Entry[] {
  if (other.length === 0) return one;
  const all: Entry[] = new Array(one.length + other.length);
  let i = 0;
  let j = 0;
  for (let at = 0; at < all.length; at += 1) {
    const left = one[i];
    const right = other[j];
    if (right === undefined || (left !== undefined && compare(left, right) <= 0)) {
      all[at] = left as Entry;
      i += 1;
    } else {
      all[at] = right;
      j += 1;
    }
  }
  return all;
}
