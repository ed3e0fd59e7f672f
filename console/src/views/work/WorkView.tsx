/** A manager at work: his lead, how to reach it, and what came of it. */
import { useRef, useState } from "preact/hooks";
import { managers } from "../../api/leadwire.ts";
import { may, me } from "../../api/session.ts";
import type { Manager, Marked, WorkLead } from "../../api/types.ts";
import { WorkIcon } from "../../parts/icons.tsx";
import { useKeys } from "../../parts/keys.ts";
import { Empty, Loading, ProblemNotice, toast } from "../../parts/notice.tsx";
import { StatePill, Typed } from "../../parts/show.tsx";
import { useAsked, useDoing } from "../../parts/use.ts";
import { href, place } from "../../router.ts";
import { useChanges } from "../../stream/notice.ts";
import { t } from "../../texts.ts";
import { GiveBack } from "../lead/GiveBack.tsx";
import { ChooseManager } from "./ChooseManager.tsx";
import { DecidedHere, noteDecided } from "./DecidedHere.tsx";
import { LeadAtHand } from "./LeadAtHand.tsx";
import { afterMarking, useLeft } from "./leaving.ts";

const REFRESH_EVERY = 15_000;

export function WorkView() {
  const mayChoose = may("manageManagers");
  const own = me.value?.manager_id ?? null;
  const id = (mayChoose ? place.value.id : null) ?? own;
  if (id !== null) return <Desk key={id} managerId={id} mayChoose={mayChoose} />;
  return (
    <>
      <div class="page-head">
        <h1>{t.views.work}</h1>
      </div>
      {mayChoose ? <ChooseManager /> : <p class="notice wait">{t.work.notAManager}</p>}
    </>
  );
}

interface DeskProps {
  managerId: string;
  mayChoose: boolean;
}

function Desk({ managerId, mayChoose }: DeskProps) {
  const { answer, error, again, set } = useAsked(() => managers.read(managerId), [managerId], {
    every: REFRESH_EVERY,
  });
  useChanges({ manager_id: managerId }, again);
  const [chosen, setChosen] = useState<string | null>(null);
  const [note, setNote] = useState<string | null>(null);
  const [givingBack, setGivingBack] = useState<WorkLead | null>(null);
  const held = answer?.leads ?? [];
  const lead = held.find((each) => each.id === chosen) ?? held[0] ?? null;
  const first = useRef<string | null>(null);
  first.current ??= lead?.id ?? null;

  const sentAway = useLeft(managerId, lead, held, setNote);
  const newest = useRef(answer);
  newest.current = answer;

  const marked = (done: Marked) => {
    setNote(null);
    sentAway(done.lead.id);
    noteDecided(managerId, done.lead);
    // Not what was there when the button was pressed: the stream may have been faster.
    if (newest.current !== null) set(afterMarking(newest.current, done));
    again();
  };
  const overtaken = (message: string) => {
    setNote(message);
    again();
  };
  useKeys({ s: () => setChosen(nextOf(held, lead)?.id ?? null) });

  // 400: what the address names is no id at all.
  if (error?.status === 404 || error?.status === 400 || answer?.state === "removed") {
    return (
      <>
        <div class="page-head">
          <h1>{t.views.work}</h1>
        </div>
        <p class="notice wait banner">{t.work.gone}</p>
        {mayChoose && <ChooseManager />}
      </>
    );
  }
  return (
    <div class="desk">
      <div class="page-head">
        <h1>{t.views.work}</h1>
        {answer && <Bar manager={answer} mayChoose={mayChoose} onChanged={set} />}
      </div>
      {note !== null && (
        <div class="notice wait banner" role="alert">
          <p>{note}</p>
          <button type="button" class="button tight" onClick={() => setNote(null)}>
            {t.close}
          </button>
        </div>
      )}
      {error && <ProblemNotice error={error} again={again} />}
      {answer === null && error === null && <Loading />}
      {held.length > 1 && <Held leads={held} shown={lead} onChoose={setChosen} />}
      {lead && (
        <LeadAtHand
          key={lead.id}
          lead={lead}
          isNext={lead.id !== first.current}
          onMarked={marked}
          onOvertaken={overtaken}
          onGiveBack={() => setGivingBack(lead)}
        />
      )}
      {/* Stays if its lead is taken away: what is typed there must not reach the keys of the next. */}
      {givingBack && (
        <GiveBack
          lead={givingBack}
          managerId={managerId}
          onClose={() => setGivingBack(null)}
          onDone={() => {
            sentAway(givingBack.id);
            again();
          }}
        />
      )}
      {answer && lead === null && <NothingToDo manager={answer} onChanged={set} />}
      <DecidedHere managerId={managerId} />
    </div>
  );
}

function nextOf(held: readonly WorkLead[], lead: WorkLead | null): WorkLead | undefined {
  const at = held.findIndex((each) => each.id === lead?.id);
  return held[(at + 1) % held.length];
}

interface BarProps {
  manager: Manager;
  mayChoose: boolean;
  onChanged: (manager: Manager) => void;
}

function Bar({ manager, mayChoose, onChanged }: BarProps) {
  const { busy, error, run } = useDoing();
  const paused = manager.state === "paused";
  const toggle = () =>
    run(async () => {
      const change = paused ? managers.resume : managers.pause;
      onChanged(await change(manager.id));
      const say = paused ? t.managersView.resumedNow : t.managersView.pausedNow;
      toast(say(manager.name));
    });
  return (
    <div class="line">
      <span class="soft">{t.work.as}</span>
      <strong class="clip who-name">
        <Typed text={manager.name} />
      </strong>
      <StatePill state={manager.state} />
      {mayChoose && (
        <a class="button quiet tight" href={href("work")}>
          {t.work.change}
        </a>
      )}
      <button type="button" class="button tight" disabled={busy} onClick={toggle}>
        {paused ? t.work.resume : t.work.pause}
      </button>
      {error && <ProblemNotice error={error} />}
    </div>
  );
}

interface HeldProps {
  leads: readonly WorkLead[];
  shown: WorkLead | null;
  onChoose: (id: string) => void;
}

/** Which of several leads is at hand. */
function Held({ leads, shown, onChoose }: HeldProps) {
  return (
    <div class="chips banner" role="group" aria-label={t.work.yours(leads.length)}>
      {leads.map((lead) => (
        <button
          key={lead.id}
          type="button"
          class="chip"
          aria-pressed={lead.id === shown?.id}
          onClick={() => onChoose(lead.id)}
        >
          <Typed text={`${lead.name} ${lead.family_name}`} />
        </button>
      ))}
    </div>
  );
}

interface NothingProps {
  manager: Manager;
  onChanged: (manager: Manager) => void;
}

function NothingToDo({ manager, onChanged }: NothingProps) {
  const { busy, error, run } = useDoing();
  const paused = manager.state === "paused";
  const act = () =>
    run(async () => {
      if (paused) onChanged(await managers.resume(manager.id));
      else {
        await managers.takeNext(manager.id);
        onChanged(await managers.read(manager.id));
      }
    });
  return (
    <div class="card">
      <Empty
        icon={<WorkIcon />}
        title={paused ? t.work.paused : t.work.empty}
        text={paused ? t.work.pausedText : t.work.emptyText}
      >
        <button type="button" class="button" disabled={busy} onClick={act}>
          {paused ? t.work.resume : t.work.takeNext}
        </button>
        {error && <p class="soft small break">{error.message}</p>}
      </Empty>
    </div>
  );
}
