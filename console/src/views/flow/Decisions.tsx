/** How many leads were decided in each of the last minutes, by the journal of events. */
import { operations } from "../../api/leadwire.ts";
import { now } from "../../parts/clock.ts";
import { ProblemNotice } from "../../parts/notice.tsx";
import { useAsked } from "../../parts/use.ts";
import { count, t } from "../../texts.ts";
import { UNKNOWN } from "./stands.ts";

const MINUTES = 15;
const EVERY = 10_000;
const MINUTE = 60_000;
/** Pages of a thousand: who decides more than that sees what was decided first. */
const MOST_PAGES = 10;

/** @returns Moments of decisions, in milliseconds. */
async function decided(): Promise<number[]> {
  const since = new Date(Date.now() - MINUTES * MINUTE).toISOString();
  const moments: number[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { items, next_cursor } = await operations.decisions(since, cursor);
    moments.push(...items.map((entry) => Date.parse(entry.received_at)));
    if (next_cursor === null) break;
    cursor = next_cursor;
  }
  return moments;
}

export function Decisions() {
  const { answer, error, again } = useAsked(decided, [], { every: EVERY });
  if (error) return <ProblemNotice error={error} again={again} />;
  const moments = answer ?? [];
  const minutes = Array.from({ length: MINUTES }, (_, index) => {
    const end = now.value - (MINUTES - 1 - index) * MINUTE;
    return moments.filter((moment) => moment > end - MINUTE && moment <= end).length;
  });
  const most = Math.max(1, ...minutes);
  const last = minutes[MINUTES - 1] ?? 0;
  return (
    <section class="card padded decisions">
      <div>
        <h2>{t.flow.decisions}</h2>
        <p class="value">{answer ? count(last) : UNKNOWN}</p>
        <p class="soft small">{t.flow.decisionsTotal(moments.length)}</p>
      </div>
      <figure>
        <figcaption class="unseen">
          {t.flow.chart}: {minutes.join(", ")}
        </figcaption>
        <ol class="columns" aria-hidden="true">
          {minutes.map((decisions, index) => (
            <li key={MINUTES - index} title={count(decisions)}>
              <span style={{ height: `${(decisions / most) * 100}%` }} />
            </li>
          ))}
        </ol>
      </figure>
    </section>
  );
}
