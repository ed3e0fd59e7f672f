/** What happened to a lead, newest first. */
import type { HistoryEntry } from "../../api/types.ts";
import { Ago, Typed } from "../../parts/show.tsx";
import { STATUS, t } from "../../texts.ts";

export function History({ entries }: { entries: readonly HistoryEntry[] }) {
  if (entries.length === 0) return <p class="soft">{t.lead.noHistory}</p>;
  return (
    <ol class="history">
      {entries.toReversed().map((entry) => (
        <li key={`${entry.at} ${entry.event}`}>
          <p class="line">
            <strong>{t.events[entry.event] ?? STATUS[entry.to_status]}</strong>
            {entry.manager && <Typed text={entry.manager.name} />}
            {entry.rule && <span class="soft">{t.rules[entry.rule] ?? entry.rule}</span>}
          </p>
          {entry.reason && (
            <p>
              <Typed text={entry.reason} breaks />
            </p>
          )}
          <p class="soft small">
            <Ago at={entry.at} /> · <bdi>{t.actors[entry.actor] ?? entry.actor}</bdi>
          </p>
        </li>
      ))}
    </ol>
  );
}
