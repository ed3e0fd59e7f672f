/** Which column is what: a proposal by the names, as import-svc recognises them. */
import synonyms from "./synonyms.json" with { type: "json" };

export const FIELDS = ["name", "family_name", "email", "cellphone"] as const;
export type Field = (typeof FIELDS)[number];
/** Header by field; empty where none is chosen. */
export type Mapping = Record<Field, string>;

/** What headers that are the same have in common. */
export const simplified = (header: string) => header.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");

export function recognised(headers: readonly string[]): Mapping {
  const byName = new Map<string, string>();
  for (const header of headers) {
    const name = simplified(header);
    if (!byName.has(name)) byName.set(name, header);
  }
  const of = (field: Field) =>
    synonyms[field].map((name) => byName.get(name)).find((header) => header !== undefined) ?? "";
  return {
    name: of("name"),
    family_name: of("family_name"),
    email: of("email"),
    cellphone: of("cellphone"),
  };
}

/** What is wrong with a mapping: fields without a column, and a column that two fields have. */
export function faults(mapping: Mapping): { missing: Field[]; twice: boolean } {
  const chosen = FIELDS.map((field) => simplified(mapping[field])).filter((each) => each !== "");
  return {
    missing: FIELDS.filter((field) => mapping[field] === ""),
    twice: new Set(chosen).size < chosen.length,
  };
}

/** A mapping as the API takes it. */
export const asQuery = (mapping: Mapping) =>
  FIELDS.filter((field) => mapping[field] !== "").map((field) => `${field}:${mapping[field]}`);
