/** The lead that a manager works on. */
import { useEffect, useRef } from "preact/hooks";
import { leads } from "../../api/leadwire.ts";
import type { Marked, WorkLead } from "../../api/types.ts";
import { ProblemNotice } from "../../parts/notice.tsx";
import { Ago, For, fullName, StatusPill } from "../../parts/show.tsx";
import { useAsked, useEvery } from "../../parts/use.ts";
import { t } from "../../texts.ts";
import { Attributes, Reach } from "../lead/contact.tsx";
import { History } from "../lead/history.tsx";
import { Marks } from "../lead/Marks.tsx";

const SOON = 2_000;

interface LeadAtHandProps {
  lead: WorkLead;
  /** Whether it came up in the place of another. */
  isNext: boolean;
  onMarked: (marked: Marked) => void;
  onOvertaken: (message: string) => void;
  onGiveBack: () => void;
}

export function LeadAtHand({ lead, isNext, onMarked, onOvertaken, onGiveBack }: LeadAtHandProps) {
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    // The button that had the focus went with the lead before: keyboard and reader go on here.
    if (isNext && document.activeElement === document.body) card.current?.focus();
  }, [isNext]);
  // The contact side comes by another service, and perhaps a moment later.
  const contact = useAsked(() => leads.read(lead.id), [lead.id]);
  const isOnItsWay = contact.error?.status === 404;
  useEvery(isOnItsWay ? SOON : 0, contact.again);
  const history = useAsked(() => leads.history(lead.id), [lead.id, lead.tags.work]);
  return (
    <div class="at-hand">
      <article
        ref={card}
        tabIndex={-1}
        class="card padded stack lead-card"
        aria-label={fullName(lead)}
      >
        <div class="stack tight">
          <h2 class="display whole-name break" dir="auto" title={fullName(lead)}>
            {fullName(lead)}
          </h2>
          <p class="line soft">
            <StatusPill status={lead.status} />
            <span>
              {t.lead.cameIn.toLowerCase()} <Ago at={lead.created_at} />
            </span>
            {lead.assigned_at && (
              <span>
                {t.work.yoursFor} <For since={lead.assigned_at} />
              </span>
            )}
          </p>
        </div>
        <Reach lead={lead} known={contact.answer} />
        <Marks lead={lead} tag={lead.tags.work} onMarked={onMarked} onOvertaken={onOvertaken} />
        {contact.error && !isOnItsWay && (
          <ProblemNotice error={contact.error} again={contact.again} />
        )}
        {contact.answer && <Attributes attributes={contact.answer.attributes} />}
        <button type="button" class="link give-back" onClick={onGiveBack}>
          {t.marks.giveBack}
        </button>
      </article>
      <section class="card padded stack">
        <h3>{t.lead.history}</h3>
        {history.error && <ProblemNotice error={history.error} again={history.again} />}
        {history.answer && <History entries={history.answer.items} />}
      </section>
    </div>
  );
}
