/** Count failures by reason, as they come and without keeping them. */
import { imports } from "../../api/leadwire.ts";
import { arrived } from "../../api/request.ts";
import type { Failure, Receipt } from "../../api/types.ts";
import { LineDecoder } from "../../stream/lines.ts";

export interface Reasons {
  byCode: [code: string, failures: number][];
  /** How many failures were looked at. */
  of: number;
}

/** More would take too long to look at for a chart; the file has all. */
const MOST = 100_000;

/** @throws ApiError */
export async function reasonsOf(receipt: Receipt): Promise<Reasons> {
  const tally = new Tally();
  if (receipt.failed <= receipt.failures.length) {
    for (const failure of receipt.failures) tally.add(failure);
    return tally.reasons();
  }
  const controller = new AbortController();
  const answer = await imports.failures(receipt.id, "application/x-ndjson", controller.signal);
  const lines = new LineDecoder();
  const reader = answer.body?.getReader();
  while (reader !== undefined && tally.of < MOST) {
    const { done, value } = await arrived(reader.read());
    if (done) break;
    for (const line of lines.feed(value)) tally.add(JSON.parse(line));
  }
  controller.abort();
  return tally.reasons();
}

class Tally {
  of = 0;
  private readonly counts = new Map<string, number>();

  add({ codes }: Failure): void {
    this.of += 1;
    for (const code of codes) this.counts.set(code, (this.counts.get(code) ?? 0) + 1);
  }

  reasons(): Reasons {
    const byCode = [...this.counts].sort(([, one], [, other]) => other - one);
    return { byCode, of: this.of };
  }
}
