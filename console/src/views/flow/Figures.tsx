/** Numbers that tell at a glance how it flows. */
import { leads } from "../../api/leadwire.ts";
import { now } from "../../parts/clock.ts";
import { useAsked } from "../../parts/use.ts";
import { capped, duration, t } from "../../texts.ts";
import { parkedOf, type Stand, UNKNOWN } from "./stands.ts";

const EVERY = 5_000;

interface FigureProps {
  name: string;
  value: string;
  text: string;
  alarming?: boolean;
}

function Figure({ name, value, text, alarming = false }: FigureProps) {
  return (
    <div class={alarming ? "card figure alarming" : "card figure"}>
      <h2>{name}</h2>
      <p class="value">{value}</p>
      <p class="soft small">{text}</p>
    </div>
  );
}

const UNDECIDED = { status: "pending,reached_out" };

export function Waiting() {
  const filters = { ...UNDECIDED, assigned: "false" };
  const { answer } = useAsked(
    async () => {
      const [counts, page] = await Promise.all([leads.count(filters), leads.oldest(filters)]);
      return { total: counts.total, oldest: page.items[0]?.created_at };
    },
    [],
    { every: EVERY },
  );
  const age = answer?.oldest && duration((now.value - Date.parse(answer.oldest)) / 1000);
  return (
    <Figure
      name={t.flow.waiting}
      value={answer ? capped(answer.total) : UNKNOWN}
      text={age ? t.flow.oldest(age) : t.flow.noneWaits}
    />
  );
}

export function Working() {
  const { answer } = useAsked(() => leads.count({ ...UNDECIDED, assigned: "true" }), [], {
    every: EVERY,
  });
  return (
    <Figure
      name={t.flow.working}
      value={answer ? capped(answer.total) : UNKNOWN}
      text={t.flow.workingText}
    />
  );
}

const LAG_ALARM = 60;

export function Lag({ stands }: { stands: readonly Stand[] }) {
  const outboxes = stands.flatMap(({ status }) => status?.outbox ?? []);
  const longest = Math.max(0, ...outboxes.map((each) => each.oldest_pending_seconds));
  const pending = outboxes.reduce((sum, each) => sum + each.pending, 0);
  return (
    <Figure
      name={t.flow.relay}
      value={outboxes.length > 0 ? duration(longest) : UNKNOWN}
      text={t.flow.relayText(pending)}
      alarming={longest > LAG_ALARM}
    />
  );
}

export function ParkedSum({ stands }: { stands: readonly Stand[] }) {
  const known = stands.flatMap(({ status }) => status ?? []);
  const parked = known.reduce((sum, each) => sum + parkedOf(each), 0);
  return (
    <Figure
      name={t.flow.parked}
      value={known.length > 0 ? capped(parked) : UNKNOWN}
      text={t.flow.parkedText}
      alarming={parked > 0}
    />
  );
}
