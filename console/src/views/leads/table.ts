/**
 * The rows of the live table: what the stream says, what the search leaves of it, in order.
 *
 * A change puts one row in its place, at a price that hardly grows with the number of rows. Only
 * another search or order looks at them all, some at a time, while what was shown stays.
 */

import type { LeadRow } from "../../api/types.ts";
import type { Change } from "../../stream/session.ts";
import { type Compare, Ordered } from "./ordered.ts";
import { type Finds, finder, nameOf, wordsOf } from "./search.ts";

/** More is not held: memory has an end. */
export const MOST_ROWS = 200_000;
/** Rows that are arranged at once: what a slow phone does between two frames. */
export const AT_ONCE = 2_000;
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
  private shown = new Arrangement("", "-created");
  /** What is to be shown, and what it lacks as yet. */
  private coming: { arrangement: Arrangement; rest: Iterator<Entry> } | null = null;

  /** Leads that match the filters, as far as they are held. */
  get size(): number {
    return this.held.size;
  }

  /** How many rows the search leaves. */
  get length(): number {
    return this.shown.rows.length;
  }

  /** Rows from one place to before another. */
  slice(from: number, to: number): { lead: LeadRow; changedAt: number }[] {
    return this.shown.rows.slice(from, to);
  }

  row(index: number): LeadRow | undefined {
    return this.shown.rows.slice(index, index + 1)[0]?.lead;
  }

  /** What is held of a lead, whether it is shown or not. */
  lead(id: string): LeadRow | undefined {
    return this.held.get(id)?.lead;
  }

  /** Where a lead stands, or -1. */
  indexOf(id: string): number {
    const entry = this.held.get(id);
    return entry === undefined ? -1 : this.shown.rows.indexOf(entry);
  }

  /** Take what the stream says. @param now Milliseconds; of rows that changed while one looks. */
  apply(changes: readonly Change<LeadRow>[], now: number): void {
    for (const change of changes) {
      if (change.type === "put") this.put(change.lead, now);
      else if (change.type === "gone") this.replace(change.id, undefined);
      else if (change.type === "synced") this.synced = true;
      else if (change.type === "reset") this.clear();
    }
  }

  /** Begin to search and sort otherwise; `proceed` does it. */
  arrange(search: string, sort: Sort): void {
    this.coming = { arrangement: new Arrangement(search, sort), rest: this.held.values() };
  }

  /** Arrange some more rows. @returns Whether there is more to do. */
  proceed(): boolean {
    if (this.coming === null) return false;
    const { arrangement, rest } = this.coming;
    for (let count = 0; count < AT_ONCE; count += 1) {
      const next = rest.next();
      if (next.done) {
        this.shown = arrangement;
        this.coming = null;
        return false;
      }
      arrangement.replace(undefined, next.value);
    }
    return true;
  }

  private put(lead: LeadRow, now: number): void {
    if (this.held.size >= MOST_ROWS && !this.held.has(lead.id)) this.full = true;
    else this.replace(lead.id, entryOf(lead, this.synced ? now : 0));
  }

  private replace(id: string, now: Entry | undefined): void {
    const before = this.held.get(id);
    if (now === undefined) this.held.delete(id);
    else this.held.set(id, now);
    this.shown.replace(before, now);
    this.coming?.arrangement.replace(before, now);
  }

  private clear(): void {
    this.held.clear();
    this.shown.clear();
    this.coming?.arrangement.clear();
    this.synced = false;
    this.full = false;
  }
}

/** What a search leaves of the rows, in an order. */
class Arrangement {
  rows: Ordered<Entry>;
  private readonly finds: Finds;
  private readonly compare: Compare<Entry>;

  constructor(search: string, sort: Sort) {
    this.finds = finder(search);
    this.compare = COMPARE[sort];
    this.rows = new Ordered(this.compare);
  }

  replace(before: Entry | undefined, now: Entry | undefined): void {
    if (before !== undefined) this.rows.remove(before);
    if (now !== undefined && this.finds(now.words)) this.rows.put(now);
  }

  clear(): void {
    this.rows = new Ordered(this.compare);
  }
}

// Ids are UUIDs of version 7: their order is that in which the leads came in.
const byAge: Compare<Entry> = (one, other) => compared(one.lead.id, other.lead.id);
const byName: Compare<Entry> = (one, other) => compared(one.name, other.name) || byAge(one, other);
const byStatus: Compare<Entry> = (one, other) =>
  compared(one.lead.status, other.lead.status) || byAge(one, other);

const reversed =
  (compare: Compare<Entry>): Compare<Entry> =>
  (one, other) =>
    compare(other, one);

const COMPARE: Record<Sort, Compare<Entry>> = {
  created: byAge,
  "-created": reversed(byAge),
  name: byName,
  "-name": reversed(byName),
  status: byStatus,
  "-status": reversed(byStatus),
};

function entryOf(lead: LeadRow, changedAt: number): Entry {
  const name = nameOf(lead);
  return { lead, words: wordsOf(name, lead), name, changedAt };
}

const compared = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0);
