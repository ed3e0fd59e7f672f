/** Texts: one for everything that the API may say, and none that nobody reads. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { named, STATUS, t } from "../src/texts.ts";

const ROOT = new URL("../..", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf-8");
const openapi = JSON.parse(read("deploy/gateway/generated/openapi.json"));

const TOLD: [schema: string, texts: object][] = [
  ["Availability", t.managersView.state],
  ["Code", t.importView.codes],
  ["DeliveryStatus", t.flow.deliveryStatus],
  ["ImportStatus", t.importView.status],
  ["LeadStatus", STATUS],
  ["Origin", t.lead.from],
  ["Rule", t.rules],
  ["Rule", t.assignment],
  ["Verdict", t.assignment.verdict],
  ["WebhookState", t.flow.webhookState],
];

for (const [schema, texts] of TOLD) {
  test(`there are words for each ${schema} (${Object.keys(texts).length})`, () => {
    const words: string[] = openapi.components.schemas[schema].enum;
    assert.deepEqual(
      words.filter((each) => !(each in texts)),
      [],
    );
  });
}

function leaves(texts: object, path: string[] = []): string[][] {
  return Object.entries(texts).flatMap(([name, value]) =>
    typeof value === "object" ? leaves(value, [...path, name]) : [[...path, name]],
  );
}

test("a name in a sentence is short, and turns nothing round but itself", () => {
  assert.equal(named("Ada Lovelace"), "Ada Lovelace");
  assert.equal(named("שרה כהן"), "\u2068שרה כהן\u2069");
  assert.equal(named("\u202eevil"), "\u2068\u202eevil\u2069");
  assert.equal(named("😀".repeat(99)), `${"😀".repeat(60)}…`);
});

test("every text is said somewhere", () => {
  const files = readdirSync(new URL("console/src", ROOT), { recursive: true })
    .map(String)
    .filter((path) => /\.tsx?$/.test(path) && path !== "texts.ts");
  const code = files.map((path) => read(`console/src/${path}`)).join("\n");
  const isSaid = (path: string[]) => {
    const [group = "t", name] = path.length > 1 ? path.slice(-2) : ["t", path[0]];
    return new RegExp(`\\b${group}\\.${name}\\b|\\b${group}\\[`).test(code);
  };
  assert.deepEqual(
    leaves(t)
      .filter((path) => !isSaid(path))
      .map((path) => path.join(".")),
    [],
  );
});
