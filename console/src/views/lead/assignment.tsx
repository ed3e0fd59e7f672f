/** Why a lead went to its manager. */
import { leads } from "../../api/leadwire.ts";
import type { Assignment } from "../../api/types.ts";
import { Loading, ProblemNotice } from "../../parts/notice.tsx";
import { Ago, Typed } from "../../parts/show.tsx";
import { useAsked } from "../../parts/use.ts";
import { t } from "../../texts.ts";

interface WhyProps {
  leadId: string;
  /** When the lead was last given to somebody: an explanation is of that moment. */
  since: string;
}

export function WhyThisManager({ leadId, since }: WhyProps) {
  const { answer, error, again } = useAsked(() => leads.assignment(leadId), [leadId, since]);
  if (error?.status === 404) {
    return (
      <p class="soft">{error.code === "never_assigned" ? t.assignment.never : error.message}</p>
    );
  }
  if (error) return <ProblemNotice error={error} again={again} />;
  return answer === null ? <Loading /> : <Explanation assignment={answer} leadId={leadId} />;
}

function Explanation({ assignment, leadId }: { assignment: Assignment; leadId: string }) {
  const { manager, rule, free, more_free, oldest_lead } = assignment;
  const says = t.assignment[rule as "by_hand"]?.(manager.name) ?? rule;
  return (
    <div class="stack tight">
      <p class="break">{says}</p>
      {oldest_lead.id !== leadId && <p class="soft">{t.assignment.older}</p>}
      <h4>{t.assignment.free}</h4>
      <ul class="free">
        {free.map((each) => (
          <li key={each.manager.id} class="line">
            <Typed text={each.manager.name} />
            <span class="soft small">
              {t.assignment.since} <Ago at={each.since} />
            </span>
            <span class="small">{t.assignment.verdict[each.verdict] ?? each.verdict}</span>
          </li>
        ))}
      </ul>
      {more_free && <p class="soft">{t.assignment.moreFree}</p>}
    </div>
  );
}
