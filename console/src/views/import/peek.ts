/** Look into the beginning of a file: what it is, which columns it has, its first rows. */
import { FIELDS, recognised } from "./columns.ts";

export interface Peek {
  contentType: "text/csv" | "application/json" | "application/x-ndjson";
  packed: boolean;
  /** Whether it can be a file of leads at all; workbooks and pictures cannot. */
  isText: boolean;
  /** Names of the columns or keys; null if they cannot be told from the beginning. */
  headers: string[] | null;
  /** The first rows, in the order of the headers. */
  rows: string[][];
}

type Columns = Omit<Peek, "packed" | "isText">;

const HEAD = 128 * 1024;
const ROWS = 3;
const DELIMITERS = [",", ";", "\t", "|"];
/** Blank lines before the header, and the line in which a spreadsheet names the delimiter. */
const PASSED_OVER = /^(?:[^\S\n]*(?:sep=.?[^\S\n]*)?\n)+/i;

/** @throws Error: The browser cannot read the file, as it was moved or changed. */
export async function peek(file: File): Promise<Peek> {
  const first = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const packed = first[0] === 0x1f && first[1] === 0x8b;
  const bytes = packed
    ? await unpackedHead(file)
    : new Uint8Array(await file.slice(0, HEAD).arrayBuffer());
  const text = decoded(bytes).replace(/\r\n?/g, "\n");
  const isText = !text.includes("\0") && !text.startsWith("%PDF-");
  const begin = text.trimStart();
  const isJson = begin.startsWith("[") || begin.startsWith("{");
  return { ...(isJson ? ofJson(begin) : ofCsv(text)), packed, isText };
}

async function unpackedHead(file: File): Promise<Uint8Array> {
  const reader = file.stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  const chunks: number[] = [];
  while (chunks.length < HEAD) {
    const { done, value } = await reader.read();
    if (done) break;
    for (const byte of value.subarray(0, HEAD - chunks.length)) chunks.push(byte);
  }
  await reader.cancel().catch(() => {});
  return new Uint8Array(chunks);
}

/** As import-svc does: by a mark of the order of bytes, else UTF-8, else Windows-1252. */
function decoded(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    // What was cut off at the end is not an error.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

function ofJson(text: string): Columns {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const first = object(lines[0] ?? "");
  if (first !== null && !("leads" in first)) {
    const rows = lines
      .slice(0, ROWS)
      .map(object)
      .filter((each) => each !== null);
    return { contentType: "application/x-ndjson", ...table(rows) };
  }
  return { contentType: "application/json", ...table(firstObjects(text)) };
}

/** The first objects of an array, which may be cut off. */
function firstObjects(text: string): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  let from = text.indexOf("{", text.indexOf("["));
  while (from !== -1 && found.length < ROWS) {
    let end = text.indexOf("}", from);
    let value: Record<string, unknown> | null = null;
    while (end !== -1 && value === null) {
      value = object(text.slice(from, end + 1));
      if (value === null) end = text.indexOf("}", end + 1);
    }
    if (value === null) break;
    found.push(value);
    from = text.indexOf("{", end + 1);
  }
  return found;
}

function object(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function table(objects: Record<string, unknown>[]): Pick<Peek, "headers" | "rows"> {
  const headers = [...new Set(objects.flatMap((each) => Object.keys(each)))];
  const shown = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  return {
    headers: headers.length > 0 ? headers : null,
    rows: objects.map((each) => headers.map((name) => (name in each ? shown(each[name]) : ""))),
  };
}

function ofCsv(text: string): Columns {
  const lines = text.replace(/^\uFEFF/, "").replace(PASSED_OVER, "");
  const [best = []] = DELIMITERS.map((each) => records(lines, each, ROWS + 1)).sort(byFields);
  const [headers = [], ...rows] = best;
  const named = headers.map((header) => header.trim());
  return {
    contentType: "text/csv",
    headers: named.some((header) => header !== "") ? named : null,
    rows,
  };
}

/** First what makes most fields recognisable, then what makes most columns, as import-svc does. */
function byFields([one = []]: string[][], [other = []]: string[][]): number {
  return known(other) - known(one) || other.length - one.length;
}

function known(headers: readonly string[]): number {
  const mapping = recognised(headers);
  return FIELDS.filter((field) => mapping[field] !== "").length;
}

/** Read records of CSV, with quotes that may hold delimiters and line breaks. */
function records(text: string, delimiter: string, most: number): string[][] {
  const found: string[][] = [];
  let record: string[] = [];
  let field = "";
  let quoted = false;
  for (let at = 0; at < text.length && found.length < most; at += 1) {
    const character = text[at];
    if (quoted && character === '"' && text[at + 1] === '"') {
      field += '"';
      at += 1;
    } else if (character === '"' && (quoted || field === "")) {
      quoted = !quoted;
    } else if (!quoted && character === delimiter) {
      record.push(field);
      field = "";
    } else if (!quoted && character === "\n") {
      record.push(field);
      if (record.some((each) => each !== "")) found.push(record);
      record = [];
      field = "";
    } else {
      field += character;
    }
  }
  if (found.length < most && (field !== "" || record.length > 0)) found.push([...record, field]);
  return found;
}
