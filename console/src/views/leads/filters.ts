/** The filters of the table, as they stand in the address. */
import type { Filters } from "../../api/leadwire.ts";
import { go, href, place } from "../../router.ts";
import { SORTS, type Sort } from "./table.ts";

const OF_THE_STREAM = [
  "status",
  "assigned",
  "origin",
  "manager_id",
  "import_id",
  "email_domain",
  "created_after",
  "created_before",
];

/** What the stream is asked for. */
export function filtersOf(query: URLSearchParams): Filters {
  const pairs = OF_THE_STREAM.map((name): [string, string] => [name, query.get(name) ?? ""]);
  return Object.fromEntries(pairs.filter(([, value]) => value !== ""));
}

export const searchOf = (query: URLSearchParams) => query.get("q") ?? "";

export function sortOf(query: URLSearchParams): Sort {
  return SORTS.find((each) => each === query.get("sort")) ?? "-created";
}

/** Change what the address says; an empty value takes it out. The way back skips what is typed. */
export function choose(changes: Record<string, string>): void {
  const query = new URLSearchParams(place.value.query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === "") query.delete(name);
    else query.set(name, value);
  }
  go(href("leads", place.value.id, query), { replacing: true });
}

/** Add a value to those that one filter takes, or take it away. */
export function toggled(list: string, value: string): string {
  const values = list.split(",").filter((each) => each !== "");
  const others = values.filter((each) => each !== value);
  return (others.length === values.length ? [...values, value] : others).join(",");
}
