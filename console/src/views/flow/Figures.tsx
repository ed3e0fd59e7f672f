/** Numbers that tell at a glance how it flows. */
import { leads } from "../../api/leadwire.ts";
import { now } from "../../parts/clock.ts";
import { useAsked } from "../../parts/use.ts";
import { capped, duration, t } from "../../texts.ts";
import { parkedOf, type Stand, silent, UNKNOWN } from "./stands.ts";

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

/** What cannot be told must not look like a zero. */
function Unknown({ name }: { name: string }) {
  return <Figure name={name} value={UNKNOWN} text={t.flow.notKnown} />;
}

const UNDECIDED = { status: "pending,reached_out" };

export function Waiting() {
  const filters = { ...UNDECIDED, assigned: "false" };
  const { answer, error } = useAsked(
    async () => {
      const [counts, page] = await Promise.all([leads.count(filters), leads.oldest(filters)]);
      return { total: counts.total, oldest: page.items[0]?.created_at };
    },
    [],
    { every: EVERY },
  );
  if (answer === null || error !== null) return <Unknown name={t.flow.waiting} />;
  const { total, oldest } = answer;
  const text = oldest
    ? t.flow.oldest(duration((now.value - Date.parse(oldest)) / 1000))
    : t.flow.noneWaits;
  return <Figure name={t.flow.waiting} value={capped(total)} text={text} />;
}

export function Working() {
  const { answer, error } = useAsked(() => leads.count({ ...UNDECIDED, assigned: "true" }), [], {
    every: EVERY,
  });
  if (answer === null || error !== null) return <Unknown name={t.flow.working} />;
  return <Figure name={t.flow.working} value={capped(answer.total)} text={t.flow.workingText} />;
}

const LAG_ALARM = 60;

export function Lag({ stands }: { stands: readonly Stand[] }) {
  const outboxes = stands.flatMap(({ status }) => status?.outbox ?? []);
  if (outboxes.length === 0) return <Unknown name={t.flow.relay} />;
  const longest = Math.max(0, ...outboxes.map((each) => each.oldest_pending_seconds));
  const pending = outboxes.reduce((sum, each) => sum + each.pending, 0);
  return (
    <Figure
      name={t.flow.relay}
      value={duration(longest)}
      text={textOf(stands, t.flow.relayText(pending))}
      alarming={longest > LAG_ALARM}
    />
  );
}

export function ParkedSum({ stands }: { stands: readonly Stand[] }) {
  const known = stands.flatMap(({ status }) => status ?? []);
  if (known.length === 0) return <Unknown name={t.flow.parked} />;
  const parked = known.reduce((sum, each) => sum + parkedOf(each), 0);
  return (
    <Figure
      name={t.flow.parked}
      value={capped(parked)}
      text={textOf(stands, t.flow.parkedText)}
      alarming={parked > 0}
    />
  );
}

/** A sum lacks those that did not say. */
function textOf(stands: readonly Stand[], usual: string): string {
  const missing = silent(stands);
  return missing.length > 0 ? t.flow.notKnownOf(missing) : usual;
}
