/** How single values look: names, states, moments. Whatever people typed is shown as text. */
import type { Availability, Status } from "../api/types.ts";
import { duration, STATUS, t } from "../texts.ts";
import { now } from "./clock.ts";

const EXACT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });

/** Text that people typed: in its own direction, clipped, the whole of it in the title. */
export function Typed({ text, breaks = false }: { text: string; breaks?: boolean }) {
  return (
    <bdi dir="auto" class={breaks ? "break" : "clip typed"} title={text}>
      {text}
    </bdi>
  );
}

export const fullName = (of: { name: string; family_name: string }) =>
  `${of.name} ${of.family_name}`;

export function StatusPill({ status }: { status: Status }) {
  return <span class={`pill ${status}`}>{STATUS[status] ?? status}</span>;
}

export function StatePill({ state }: { state: Availability }) {
  return <span class={`pill ${state}`}>{t.managersView.state[state]}</span>;
}

/** How long ago something was. */
export function Ago({ at }: { at: string }) {
  const moment = Date.parse(at);
  return (
    <time dateTime={at} title={EXACT.format(moment)}>
      {t.ago(duration((now.value - moment) / 1000))}
    </time>
  );
}

/** How long something has lasted. */
export function For({ since }: { since: string }) {
  const moment = Date.parse(since);
  return (
    <time dateTime={since} title={EXACT.format(moment)}>
      {duration((now.value - moment) / 1000)}
    </time>
  );
}

export function Moment({ at }: { at: string }) {
  return <time dateTime={at}>{EXACT.format(Date.parse(at))}</time>;
}
