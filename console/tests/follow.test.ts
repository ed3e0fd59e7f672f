/** Whoever follows a stream leaves the page time to draw, however much comes at once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AT_ONCE, follow } from "../src/stream/follow.ts";
import type { Change } from "../src/stream/session.ts";

test("of much that comes at once some is read at a time, all of it, and in order", async () => {
  const lines = Array.from({ length: 20_000 }, (_, rev) =>
    JSON.stringify({ type: "put", id: `lead ${rev}`, rev, lead: {}, why: "snapshot" }),
  );
  const bytes = new TextEncoder().encode(`${lines.join("\n")}\n{"type":"synced","cursor":"c"}\n`);
  const headers = { "Content-Type": "application/x-ndjson" };
  const enough = new AbortController();
  const taken: number[] = [];
  const sizes: number[] = [];
  const seenAt = new Set<number>();
  let turns = 0;
  const count = () => {
    turns += 1;
    if (!enough.signal.aborted) setImmediate(count);
  };
  count();
  const reader = {
    changed: (changes: Change<object>[]) => {
      sizes.push(changes.length);
      seenAt.add(turns);
      for (const change of changes) {
        if (change.type === "put") taken.push(change.rev);
        else if (change.type === "synced") enough.abort();
      }
    },
    linked: () => {},
    failed: () => {},
  };
  await follow(async () => new Response(bytes, { headers }), reader, { signal: enough.signal });
  assert.deepEqual(
    taken,
    lines.map((_, rev) => rev),
  );
  assert.ok(Math.max(...sizes) <= AT_ONCE / (lines[0]?.length ?? 0));
  assert.ok(seenAt.size > sizes.length / 2, `${seenAt.size} turns of ${sizes.length}`);
});
