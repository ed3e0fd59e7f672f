/**
 * Read streams as the console does, and tell what each reader was told: cases of
 * clients/conformance, all at once, each against a server of its own.
 *
 * node conformance.ts CASE.json=http://127.0.0.1:PORT ...
 */
import { readFile } from "node:fs/promises";
import { ApiError } from "../src/api/errors.ts";
import { follow } from "../src/stream/follow.ts";
import type { Change } from "../src/stream/session.ts";

interface Case {
  reader: { start?: string; cursor?: string; filters?: Record<string, string> };
  until?: string;
  dies_at_change?: number;
  connections: { response: { steps?: { synced?: string }[] } }[];
}

interface Told {
  name: string;
  status: string;
}

const number = (id: string) => Number(id.split("-").at(-1));

/** What a reader was told. */
class Account {
  readonly changes: unknown[] = [];
  readonly saved: string[] = [];
  failure: string | null = null;
  readonly enough = new AbortController();
  private readonly held = new Map<string, { rev: number; lead: Told }>();
  private readonly case: Case;

  constructor(of: Case) {
    this.case = of;
  }

  take(change: Change<Told>): void {
    if (this.enough.signal.aborted) return;
    if (change.type === "put") this.held.set(change.id, change);
    if (change.type === "gone") this.held.delete(change.id);
    if (change.type === "reset") this.held.clear();
    if (change.type !== "mark") this.changes.push(written(change));
    if (change.type !== "mark" && this.changes.length === this.case.dies_at_change) {
      this.enough.abort();
    }
    if (change.type === "mark" || change.type === "synced") this.save(change);
  }

  get holds(): object {
    return Object.fromEntries(
      [...this.held].map(
        ([
          id,
          {
            rev,
            lead: { name, status },
          },
        ]) => [number(id), { rev, name, status }],
      ),
    );
  }

  private save({ type, cursor }: { type: "mark" | "synced"; cursor: string }): void {
    if (this.enough.signal.aborted) return;
    if (this.saved.at(-1) !== cursor) this.saved.push(cursor);
    // A `synced` may follow the mark that it repeats: then that is waited for.
    const steps = this.case.connections.at(-1)?.response.steps ?? [];
    const repeats = steps.some((step) => step.synced === cursor);
    if (cursor === this.case.until && (type === "synced" || !repeats)) this.enough.abort();
  }
}

function written(change: Change<Told>): unknown[] {
  switch (change.type) {
    case "put":
    case "gone":
      return [change.type, number(change.id), change.rev];
    case "reset":
      return ["reset", change.reason];
    default:
      return [change.type];
  }
}

async function read(path: string, server: string): Promise<object> {
  const read: Case = JSON.parse(await readFile(path, "utf-8"));
  const account = new Account(read);
  const open = async (cursor: string | null, signal: AbortSignal) => {
    const place = cursor === null ? { start: read.reader.start ?? "snapshot" } : { cursor };
    const query = new URLSearchParams({ ...read.reader.filters, follow: "true", ...place });
    const asked = fetch(`${server}/v1/leads/stream?${query}`, { signal });
    const response = await asked.catch(() => {
      throw ApiError.away();
    });
    if (!response.ok) throw await ApiError.of(response);
    return response;
  };
  const reader = {
    changed: (changes: Change<Told>[]) => changes.forEach((change) => void account.take(change)),
    linked: () => {},
    failed: ({ code }: ApiError) => {
      account.failure = code;
    },
  };
  await follow<Told>(open, reader, {
    signal: account.enough.signal,
    backoff: { first: 20, most: 100 },
    cursor: read.reader.cursor ?? null,
  });
  const { changes, saved, failure, holds } = account;
  return { changes, saved, failure, holds };
}

const told = await Promise.all(
  process.argv.slice(2).map((pair) => {
    const [path = "", server = ""] = pair.split("=");
    return read(path, server);
  }),
);
process.stdout.write(JSON.stringify(told), () => process.exit(0));
