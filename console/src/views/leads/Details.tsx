/** One lead: contact, work, history, and why its manager has it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { leads } from "../../api/leadwire.ts";
import { may, mayActAs } from "../../api/session.ts";
import type { Lead, LeadRow, ManagerRef, Marked } from "../../api/types.ts";
import { CloseIcon } from "../../parts/icons.tsx";
import { useKeys } from "../../parts/keys.ts";
import { Loading, ProblemNotice } from "../../parts/notice.tsx";
import { Ago, fullName, Moment, StatusPill, Typed } from "../../parts/show.tsx";
import { useAsked } from "../../parts/use.ts";
import { href } from "../../router.ts";
import { t } from "../../texts.ts";
import { WhyThisManager } from "../lead/assignment.tsx";
import { Correct } from "../lead/Correct.tsx";
import { Attributes, Reach } from "../lead/contact.tsx";
import { History } from "../lead/history.tsx";
import { Marks } from "../lead/Marks.tsx";
import { isDecided } from "../lead/marking.ts";

interface DetailsProps {
  id: string;
  /** What the table has of it, which is always newest; undefined if it is not in the table. */
  row: LeadRow | undefined;
  onClose: () => void;
}

export function Details({ id, row, onClose }: DetailsProps) {
  const [note, setNote] = useState<string | null>(null);
  const [written, setWritten] = useState<string | undefined>(undefined);
  const { answer, error, again } = useAsked(() => leads.read(id, written), [id]);
  const panel = useRef<HTMLElement>(null);
  useKeys({ Escape: onClose });
  useEffect(() => panel.current?.focus(), [id]);
  const isGone = error?.status === 404 || error?.status === 400;
  const rev = row?.rev;
  // What is not here is older than any row: the lead may have come only now.
  const seen = isGone ? 0 : answer?.rev;
  const wasListed = useRef(false);
  useEffect(() => {
    // The table heard of a change, or that the lead left: what is shown here is old.
    const left = rev === undefined && wasListed.current;
    if (left || (rev !== undefined && seen !== undefined && rev > seen)) again();
    wasListed.current = rev !== undefined;
  }, [rev, seen]);

  const marked = (done: Marked) => {
    setNote(null);
    setWritten(done.lead.tags.work);
  };
  useEffect(() => {
    if (written !== undefined) again();
  }, [written]);

  return (
    <aside class="details" ref={panel} tabIndex={-1} aria-label={t.lead.details}>
      <button type="button" class="button quiet close" aria-label={t.close} onClick={onClose}>
        <CloseIcon />
      </button>
      {note !== null && (
        <p class="notice wait" role="alert">
          {note}
        </p>
      )}
      {error &&
        (isGone ? (
          <p class="notice wait">{t.lead.gone}</p>
        ) : (
          <ProblemNotice error={error} again={again} />
        ))}
      {answer === null && error === null && <Loading text={t.lead.loadingDetails} />}
      {answer && !isGone && (
        <Known
          lead={answer}
          onMarked={marked}
          onOvertaken={(message) => {
            setNote(message);
            again();
          }}
        />
      )}
    </aside>
  );
}

interface KnownProps {
  lead: Lead;
  onMarked: (marked: Marked) => void;
  onOvertaken: (message: string) => void;
}

function Known({ lead, onMarked, onOvertaken }: KnownProps) {
  const history = useAsked(() => leads.history(lead.id), [lead.id, lead.tags.work]);
  const lastGiven = history.answer?.items.findLast(({ event }) => event === "lead_assigned");
  const work = lead.tags.work;
  const decided = isDecided(lead.status);
  const mayMark = may("manageManagers") || mayActAs(lead.manager?.id);
  return (
    <div class="stack">
      <div class="stack tight">
        <h2 class="whole-name break" dir="auto" title={fullName(lead)}>
          {fullName(lead)}
        </h2>
        <p class="line soft small">
          <StatusPill status={lead.status} />
          <span>
            {t.lead.cameIn.toLowerCase()} <Ago at={lead.created_at} />
          </span>
        </p>
      </div>
      <Reach lead={lead} known={lead} />
      {work !== null && mayMark && !decided && (
        <Marks lead={lead} tag={work} onMarked={onMarked} onOvertaken={onOvertaken} />
      )}
      {work !== null && may("manageManagers") && decided && (
        <Correct lead={lead} tag={work} onMarked={onMarked} onOvertaken={onOvertaken} />
      )}
      {decided && may("work") && !may("manageManagers") && (
        <p class="soft small">{t.marks.correctedBy}</p>
      )}
      <dl class="facts">
        <dt>{t.lead.assignee}</dt>
        <dd>
          {lead.manager ? <Assignee manager={lead.manager} leadId={lead.id} /> : t.lead.nobody}
        </dd>
        <dt>{t.lead.source}</dt>
        <dd>{t.lead.from[lead.origin] ?? lead.origin}</dd>
        <dt>{t.lead.cameIn}</dt>
        <dd>
          <Moment at={lead.created_at} />
        </dd>
        <dt>{t.lead.id}</dt>
        <dd class="id">{lead.id}</dd>
      </dl>
      <Attributes attributes={lead.attributes} />
      <section class="stack tight">
        <h3>{t.lead.why}</h3>
        {lastGiven && <WhyThisManager leadId={lead.id} since={lastGiven.at} />}
        {history.answer && !lastGiven && <p class="soft">{t.assignment.never}</p>}
      </section>
      <section class="stack tight">
        <h3>{t.lead.history}</h3>
        {history.error && <ProblemNotice error={history.error} again={history.again} />}
        {history.answer && <History entries={history.answer.items} />}
      </section>
    </div>
  );
}

/** Who has it, with a way to all that he has. */
function Assignee({ manager, leadId }: { manager: ManagerRef; leadId: string }) {
  return (
    <a href={href("leads", leadId, new URLSearchParams({ manager_id: manager.id }))}>
      <Typed text={manager.name} breaks />
    </a>
  );
}
