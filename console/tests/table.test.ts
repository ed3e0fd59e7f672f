/** The live table holds, finds and orders what the stream says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LeadRow, Status } from "../src/api/types.ts";
import type { Change } from "../src/stream/session.ts";
import { LeadTable, MOST_ROWS, SORTS, type Sort } from "../src/views/leads/table.ts";

const STATUSES: Status[] = ["pending", "reached_out", "interested", "not_interested"];
const NAMES = ["Zoë", "zoe", "Ada", "Ądam", "שלום", "ada"];

function row(number: number, changes: Partial<LeadRow> = {}): LeadRow {
  return {
    id: `lead-${String(number).padStart(6, "0")}`,
    name: NAMES[number % NAMES.length] ?? "",
    family_name: "Okafor",
    email: `lead${number}@example.com`,
    cellphone: number % 3 === 0 ? null : `+1212${number}`,
    status: "pending",
    manager: null,
    origin: "api",
    created_at: "2026-01-01T00:00:00Z",
    rev: 1,
    ...changes,
  };
}

const put = (lead: LeadRow): Change<LeadRow> => ({
  type: "put",
  id: lead.id,
  rev: lead.rev,
  lead,
  why: "changed",
});
const gone = (id: string): Change<LeadRow> => ({ type: "gone", id, rev: 9, why: "erased" });
const shown = (table: LeadTable) => table.slice(0, table.length).map(({ lead }) => lead);

function filled(leads: readonly LeadRow[]): LeadTable {
  const table = new LeadTable();
  table.apply([...leads.map(put), { type: "synced", cursor: "c" }], 0);
  table.settle();
  return table;
}

function found(search: string, ...leads: LeadRow[]): string[] {
  const table = filled(leads);
  table.arrange(search, "created");
  return shown(table).map(({ id }) => id);
}

/** The same numbers in every run, from 0 up to a bound. */
function chance(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

const plain = (text: string) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
const keyOf = (lead: LeadRow, sort: string) =>
  sort === "name"
    ? plain(`${lead.name} ${lead.family_name}`)
    : sort === "status"
      ? lead.status
      : "";

/** What the table should show, sorted all anew. */
function expected(held: Map<string, LeadRow>, search: string, sort: Sort): LeadRow[] {
  const way = sort.startsWith("-") ? -1 : 1;
  const key = (lead: LeadRow) => [keyOf(lead, sort.replace("-", "")), lead.id];
  return [...held.values()]
    .filter((lead) => plain(`${lead.name} ${lead.family_name}`).includes(search))
    .sort((one, other) => {
      const [left, right] = [key(one), key(other)];
      const at = left[0] === right[0] ? 1 : 0;
      return ((left[at] ?? "") < (right[at] ?? "") ? -1 : 1) * way;
    });
}

for (const sort of SORTS) {
  for (const search of ["", "zoe"]) {
    test(`whatever changes, ${search || "all"} by ${sort} is as if sorted anew`, () => {
      const draw = chance(7);
      const table = new LeadTable();
      table.arrange(search, sort);
      const held = new Map<string, LeadRow>();
      for (let round = 0; round < 60; round += 1) {
        const changes = Array.from({ length: draw(12) }, (): Change<LeadRow> => {
          const number = draw(40);
          if (draw(4) === 0) {
            held.delete(row(number).id);
            return gone(row(number).id);
          }
          const lead = row(number, {
            name: NAMES[draw(NAMES.length)] ?? "",
            status: STATUSES[draw(STATUSES.length)] ?? "pending",
            rev: round,
          });
          held.set(lead.id, lead);
          return put(lead);
        });
        table.apply(changes, round);
        table.settle();
        assert.deepEqual(shown(table), expected(held, search, sort));
        assert.equal(table.size, held.size);
      }
    });
  }
}

test("a search finds names without case and accents, emails, and numbers", () => {
  const leads = [row(0), row(1), row(2, { email: "Grace.Hopper@example.com" })];
  assert.deepEqual(found("ZOE", ...leads), ["lead-000000", "lead-000001"]);
  assert.deepEqual(found(" zoë okafor ", ...leads), ["lead-000000", "lead-000001"]);
  assert.deepEqual(found("grace.hopper@", ...leads), ["lead-000002"]);
  assert.deepEqual(found("+12121", ...leads), ["lead-000001"]);
  assert.deepEqual(found("nobody", ...leads), []);
});

test("a reset drops all, and only what comes while one looks is new", () => {
  const table = filled([row(1)]);
  assert.equal(table.slice(0, 1)[0]?.changedAt, 0);
  table.apply([{ type: "reset", reason: "epoch_changed" }], 5);
  assert.deepEqual([table.size, table.length, table.synced], [0, 0, false]);
  table.apply([put(row(2)), { type: "synced", cursor: "c" }, put(row(3))], 5);
  table.settle();
  assert.deepEqual(
    table.slice(0, 2).map(({ changedAt }) => changedAt),
    [5, 0],
  );
});

test("what is not shown is known all the same", () => {
  const table = filled([row(1), row(2)]);
  table.arrange("nobody", "created");
  assert.equal(table.length, 0);
  assert.equal(table.lead(row(2).id)?.email, "lead2@example.com");
  assert.equal(table.indexOf(row(2).id), -1);
});

test("no more is held than memory has room for, and that is told", () => {
  const table = filled(Array.from({ length: MOST_ROWS }, (_, number) => row(number)));
  assert.equal(table.full, false);
  table.apply([put(row(MOST_ROWS)), put(row(1, { rev: 2 }))], 0);
  assert.deepEqual([table.full, table.size], [true, MOST_ROWS]);
  assert.equal(table.lead(row(1).id)?.rev, 2);
});
