/** What is wrong is told by what was answered. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { pauseAfter } from "../src/api/backoff.ts";
import { ApiError } from "../src/api/errors.ts";

const problem = { code: "unavailable", detail: "Not now.", errors: [{ path: "a", message: "b" }] };

test("a problem document's words, code and pause are taken", async () => {
  const headers = { "Retry-After": "2" };
  const error = await ApiError.of(new Response(JSON.stringify(problem), { status: 503, headers }));
  assert.deepEqual(
    [error.code, error.message, error.retryAfter],
    ["unavailable", "Not now.\na: b", 2000],
  );
});

test("only where nothing of Leadwire speaks it is away", async () => {
  const of = (body: string, status: number) => ApiError.of(new Response(body, { status }));
  assert.equal((await of(JSON.stringify(problem), 503)).isOfNobody, false);
  assert.equal((await of("<h1>Bad Gateway</h1>", 502)).isOfNobody, true);
  assert.equal((await of("<h1>Not found</h1>", 404)).isOfNobody, false);
});

test("what may pass is told from what will not", async () => {
  const of = (status: number) => ApiError.of(new Response("", { status }));
  const passing = [429, 502, 503, 504].map(async (status) => (await of(status)).passes);
  assert.deepEqual(await Promise.all(passing), [true, true, true, true]);
  const lasting = [400, 401, 404, 413, 500].map(async (status) => (await of(status)).passes);
  assert.deepEqual(await Promise.all(lasting), [false, false, false, false, false]);
  assert.equal(ApiError.away().passes, true);
  assert.equal(new ApiError(0, "console_error", "").passes, false);
});

test("pauses double up to the longest, half of each by chance, and no server is asked early", () => {
  const backoff = { first: 100, most: 1_000 };
  for (const [failures, longest] of [
    [1, 100],
    [3, 400],
    [50, 1_000],
  ] as const) {
    for (let time = 0; time < 100; time += 1) {
      const pause = pauseAfter(failures, backoff);
      assert.ok(pause >= longest / 2 && pause <= longest, `${pause} after ${failures}`);
    }
  }
  assert.ok(pauseAfter(1, backoff, 5_000) >= 5_000);
  assert.ok(pauseAfter(1, backoff, 1e12) < 2 * 3_600_000);
});
