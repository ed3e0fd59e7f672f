/** What a file is, is told by its beginning. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { faults, recognised } from "../src/views/import/columns.ts";
import { peek } from "../src/views/import/peek.ts";

const file = (...parts: BlobPart[]) => new File(parts, "leads");
const told = async (...parts: BlobPart[]) => {
  const { headers, rows, contentType } = await peek(file(...parts));
  return { headers, rows, contentType };
};

for (const delimiter of [",", ";", "\t", "|"]) {
  test(`columns between ${JSON.stringify(delimiter)}`, async () => {
    const lines = [
      "Name;E-mail;Note",
      'Zoë;z@example.com;"a;""b""\nc"',
      ";;",
      "Ada;a@example.com;",
    ];
    const csv = lines.join("\r\n").replaceAll(";", delimiter);
    assert.deepEqual(await told(csv), {
      contentType: "text/csv",
      headers: ["Name", "E-mail", "Note"],
      rows: [
        ["Zoë", "z@example.com", `a${delimiter}"b"\nc`],
        ["Ada", "a@example.com", ""],
      ],
    });
  });
}

test("a delimiter in quotes is none, and of two that of more known fields counts", async () => {
  assert.deepEqual((await told('"a;b;c;d",e\n1,2\n')).headers, ["a;b;c;d", "e"]);
  assert.deepEqual((await told("name;email (a,b,c,d)\n")).headers, ["name", "email (a,b,c,d)"]);
});

test("what stands before the header is passed over", async () => {
  const { headers, rows } = await told("\uFEFF\r\nSEP=;\r\nname;email\r\nAda;a@example.com");
  assert.deepEqual([headers, rows], [["name", "email"], [["Ada", "a@example.com"]]]);
});

test("lines end as on any system, also within quotes", async () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    const lines = ["name,note", 'Ada,"a', 'b"', "Grace,c", ""];
    const { headers, rows } = await told(lines.join(end));
    assert.deepEqual(headers, ["name", "note"]);
    assert.deepEqual(rows, [
      ["Ada", "a\nb"],
      ["Grace", "c"],
    ]);
  }
});

test("text in each coding that the server reads", async () => {
  const row = [["Zoë"]];
  const utf16 = Buffer.from("\uFEFFname\nZoë\n", "utf16le");
  assert.deepEqual((await told("\uFEFFname\nZoë\n")).rows, row);
  assert.deepEqual((await told(utf16)).rows, row);
  assert.deepEqual((await told(Buffer.from(utf16).swap16())).rows, row);
  assert.deepEqual((await told(Buffer.from("name\nZoë\n", "latin1"))).rows, row);
});

test("a character that the look cuts in two does not change the coding", async () => {
  const { rows } = await told(`name\nZoë\n${"x".repeat(128 * 1024 - 11)}ëë`);
  assert.deepEqual(rows[0], ["Zoë"]);
});

test("a packed file is looked into, however large it is", async () => {
  const { headers, packed, rows } = await peek(
    file(gzipSync(`name,email\nAda,a@example.com\n${"x,y\n".repeat(100_000)}`)),
  );
  assert.deepEqual([packed, headers, rows[0]], [true, ["name", "email"], ["Ada", "a@example.com"]]);
});

test("lines of JSON, and an array in which the look ends", async () => {
  const lead = { name: "Ada", tags: ["x"], more: { "}": 1 } };
  const rows = [["Ada", '["x"]', '{"}":1}']];
  const headers = ["name", "tags", "more"];
  assert.deepEqual(await told(`${JSON.stringify(lead)}\n`), {
    contentType: "application/x-ndjson",
    headers,
    rows,
  });
  for (const begin of ["[", '{"leads": [']) {
    assert.deepEqual(await told(`${begin}${JSON.stringify(lead)}, {"name": "cut o`), {
      contentType: "application/json",
      headers,
      rows,
    });
  }
});

test("a file without columns says so", async () => {
  assert.equal((await told("\n\n")).headers, null);
  assert.equal((await told("[1, 2")).headers, null);
});

test("fields without a column, and a column for two of them, are faults", () => {
  const mapping = recognised(["First Name", "Surname", "E-Mail", "Mobile"]);
  assert.deepEqual(faults(mapping), { missing: [], twice: false });
  assert.deepEqual(faults({ ...mapping, name: "sur name" }), { missing: [], twice: true });
  assert.deepEqual(faults({ ...mapping, email: "" }), { missing: ["email"], twice: false });
});

test("workbooks, pictures and PDFs are no text, whatever they are called", async () => {
  const is = async (...parts: BlobPart[]) => (await peek(file(...parts))).isText;
  assert.equal(await is("PK\x03\x04\x14\x00\x06\x00[Content_Types].xml"), false);
  assert.equal(
    await is(new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13])),
    false,
  );
  assert.equal(await is("%PDF-1.7\n"), false);
  assert.equal(await is(gzipSync("a\x00b")), false);
  assert.equal(await is("name;email\n"), true);
  const utf16 = new Uint8Array([0xff, 0xfe, ...Buffer.from("name;email\n", "utf16le")]);
  assert.equal(await is(utf16), true);
});
