/** How many leads were decided in each of the last minutes, by the journal of events. */
import { operations } from "../../api/leadwire.ts";
import { ProblemNotice } from "../../parts/notice.tsx";
import { useAsked } from "../../parts/use.ts";
import { count, t } from "../../texts.ts";
import { UNKNOWN } from "./stands.ts";

const MINUTES = 15;
const EVERY = 10_000;

export function Decisions() {
  const { answer, error, again } = useAsked(() => operations.decisions(MINUTES), [], {
    every: EVERY,
  });
  if (error) return <ProblemNotice error={error} again={again} />;
  const minutes = answer?.per_minute ?? new Array<number>(MINUTES).fill(0);
  const most = Math.max(1, ...minutes);
  const sum = minutes.reduce((all, each) => all + each, 0);
  return (
    <section class="card padded decisions">
      <div>
        <h2>{t.flow.decisions}</h2>
        <p class="value">{answer ? count(minutes.at(-1) ?? 0) : UNKNOWN}</p>
        <p class="soft small">{t.flow.decisionsTotal(sum)}</p>
      </div>
      <figure>
        <figcaption class="unseen">
          {t.flow.chart}: {minutes.join(", ")}
        </figcaption>
        <ol class="columns" aria-hidden="true">
          {minutes.map((decisions, index) => (
            <li key={MINUTES - index} title={t.flow.decisionsAgo(decisions, MINUTES - index)}>
              <span style={{ height: `${(decisions / most) * 100}%` }} />
            </li>
          ))}
        </ol>
      </figure>
    </section>
  );
}
