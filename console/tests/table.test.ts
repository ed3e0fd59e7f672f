/** The live table holds, finds and orders what the stream says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LeadRow, Status } from "../src/api/types.ts";
import type { Change } from "../src/stream/session.ts";
import { AT_ONCE, LeadTable, MOST_ROWS, SORTS, type Sort } from "../src/views/leads/table.ts";

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
  return table;
}

function arrange(table: LeadTable, search: string, sort: Sort): void {
  table.arrange(search, sort);
  while (table.proceed());
}

function found(search: string, ...leads: LeadRow[]): string[] {
  const table = filled(leads);
  arrange(table, search, "created");
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
      arrange(table, search, sort);
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

const NUMBERS = {
  "lead-usa": "+12125550199",
  "lead-germany": "+4915112345678",
  "lead-italy": "+390612345678",
};
const FOUND: [search: string, ...ids: string[]][] = [
  ["+1 212 555 0199", "lead-usa"],
  ["(212) 555-0199", "lead-usa"],
  ["1-212-555-0199", "lead-usa"],
  ["212.555", "lead-usa"],
  ["555 01", "lead-usa"],
  ["212.555.0199x2718", "lead-usa"],
  ["212-555-0199 ext. 27", "lead-usa"],
  // As they are copied from other programs: with marks of direction, blanks and dashes of other kinds.
  ["\u202A+1\u00A0212\u202F555\u20110199\u202C", "lead-usa"],
  ["001 212 555 0199", "lead-usa"],
  ["0151 1234-5678", "lead-germany"],
  ["0049 151/12345678", "lead-germany"],
  ["+49 (0)151 12345678", "lead-germany"],
  ["06 1234 5678", "lead-italy"],
  // What begins with + is looked for at the beginning alone.
  ["+212 555"],
  ["(212) 555-0198"],
  ["()"],
];

for (const [search, ...ids] of FOUND) {
  test(`of numbers ${JSON.stringify(search)} finds ${ids.length}`, () => {
    const leads = Object.entries(NUMBERS).map(([id, cellphone]) =>
      row(0, { id, cellphone, email: "no@example.com" }),
    );
    assert.deepEqual(found(search, ...leads), ids);
  });
}

test("digits find emails and names with them, and letters are no number", () => {
  const leads = [
    row(1, { email: "no-0-7@example.com" }),
    row(2, { name: "R2-D2", email: "b@example.com" }),
  ];
  assert.deepEqual(found("0-7", ...leads), ["lead-000001"]);
  assert.deepEqual(found("r2-d2", ...leads), ["lead-000002"]);
  assert.deepEqual(found("2-d", ...leads), ["lead-000002"]);
  assert.deepEqual(found("2@", ...leads), []);
});

test("a reset drops all, and only what comes while one looks is new", () => {
  const table = filled([row(1)]);
  assert.equal(table.slice(0, 1)[0]?.changedAt, 0);
  table.apply([{ type: "reset", reason: "epoch_changed" }], 5);
  assert.deepEqual([table.size, table.length, table.synced], [0, 0, false]);
  table.apply([put(row(2)), { type: "synced", cursor: "c" }, put(row(3))], 5);
  assert.deepEqual(
    table.slice(0, 2).map(({ changedAt }) => changedAt),
    [5, 0],
  );
});

test("what is not shown is known all the same", () => {
  const table = filled([row(1), row(2)]);
  arrange(table, "nobody", "created");
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

/** Leads that are alike in all that they are sorted by, and how often one was looked at. */
function watched(count: number): { leads: LeadRow[]; looks: () => number } {
  let looks = 0;
  const leads = Array.from({ length: count }, (_, number) => {
    const { id, ...others } = row(number, { name: "Ada" });
    return Object.defineProperty(others as LeadRow, "id", {
      get: () => {
        looks += 1;
        return id;
      },
    });
  });
  return { leads, looks: () => looks };
}

const MANY = 5 * AT_ONCE;
const FEW_LOOKS = 200;

for (const sort of SORTS) {
  test(`of ${MANY} leads by ${sort} a change looks at few, and another order at some at a time`, () => {
    const { leads, looks } = watched(MANY);
    const table = filled(leads);
    const cost = (action: () => unknown) => {
      const before = looks();
      action();
      return looks() - before;
    };
    table.arrange("ada", sort);
    const turns: number[] = [];
    for (let more = true; more; ) {
      turns.push(
        cost(() => {
          more = table.proceed();
        }),
      );
    }
    assert.ok(turns.length > MANY / AT_ONCE);
    assert.ok(Math.max(...turns) < AT_ONCE * FEW_LOOKS);

    const middle = row(MANY / 2).id;
    const changes = [
      put(row(MANY / 2, { name: "Zoë", rev: 2 })),
      put(row(MANY / 2, { name: "Ada", status: "interested", rev: 3 })),
      gone(middle),
      put(row(MANY / 2, { name: "Ada" })),
      put(row(MANY)),
    ];
    for (const change of changes) {
      assert.ok(cost(() => table.apply([change], 0)) < FEW_LOOKS);
      assert.ok(cost(() => table.slice(MANY / 2, MANY / 2 + 40)) < FEW_LOOKS);
      assert.ok(cost(() => table.indexOf(middle)) < FEW_LOOKS);
    }
  });
}
