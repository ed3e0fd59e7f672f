/** Events that were set aside: why, and once more. */
import { useState } from "preact/hooks";
import { operations, type Service } from "../../api/leadwire.ts";
import type { Parked } from "../../api/types.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Field, Form, type Values } from "../../parts/form.tsx";
import { ProblemNotice, toast } from "../../parts/notice.tsx";
import { Ago, Typed } from "../../parts/show.tsx";
import { useAsked, useDoing } from "../../parts/use.ts";
import { t } from "../../texts.ts";
import { RequeueAll } from "./RequeueAll.tsx";
import { parkedOf, type Stand, silent } from "./stands.ts";

const EVERY = 5_000;

interface ParkedEventsProps {
  stands: readonly Stand[];
  onDecided: () => void;
}

export function ParkedEvents({ stands, onDecided }: ParkedEventsProps) {
  const holding = stands
    .filter(({ status }) => status !== null && parkedOf(status) > 0)
    .map(({ service }) => service);
  const { answer, error, again } = useAsked(() => parkedAt(holding), [holding.join()], {
    every: EVERY,
  });
  // Not the row's: while a reason is typed, somebody else may requeue the event.
  const [discarding, setDiscarding] = useState<Held | null>(null);
  const unknown = silent(stands);
  const total = stands.reduce((sum, { status }) => sum + (status ? parkedOf(status) : 0), 0);
  const decided = () => {
    again();
    onDecided();
  };
  return (
    <section class="stack tight">
      <div class="line apart">
        <h2>{t.flow.events}</h2>
        {total > 1 && <RequeueAll services={holding} onDecided={decided} />}
      </div>
      {error && <ProblemNotice error={error} again={again} />}
      {unknown.length > 0 && <p class="notice wait">{t.flow.parkedNotKnownOf(unknown)}</p>}
      {answer?.length === 0 && unknown.length === 0 && <p class="soft">{t.flow.noParked}</p>}
      {answer && answer.length > 0 && (
        <div class="card plain-table wide-table">
          <table>
            <thead>
              <tr>
                <th scope="col">{t.flow.event}</th>
                <th scope="col">{t.flow.for}</th>
                <th scope="col">{t.flow.why}</th>
                <th scope="col">{t.flow.since}</th>
                <th scope="col">
                  <span class="unseen">{t.flow.requeue}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {answer.map((held) => (
                <ParkedRow
                  key={`${held.service} ${held.event.id}`}
                  {...held}
                  onDecided={decided}
                  onDiscard={() => setDiscarding(held)}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {answer && answer.length > 0 && total > answer.length && (
        <p class="soft small">{t.flow.firstParked(answer.length, total)}</p>
      )}
      {discarding && (
        <Discard {...discarding} onClose={() => setDiscarding(null)} onDecided={decided} />
      )}
    </section>
  );
}

/** An event, and the service that holds it. */
interface Held {
  service: Service;
  event: Parked;
}

async function parkedAt(services: readonly Service[]): Promise<Held[]> {
  const pages = await Promise.all(services.map(operations.parked));
  return pages.flatMap(({ items }, index) =>
    items.map((event) => ({ service: services[index] as Service, event })),
  );
}

interface ParkedRowProps extends Held {
  onDecided: () => void;
  onDiscard: () => void;
}

function ParkedRow({ service, event, onDecided, onDiscard }: ParkedRowProps) {
  const { busy, error, run } = useDoing();
  const requeue = () =>
    run(async () => {
      await operations.requeue(service, event.id);
      toast(t.flow.requeued);
      onDecided();
    });
  return (
    <tr>
      <td>
        <Typed text={event.type} />
      </td>
      <td>{event.subscription ?? service}</td>
      <td class="reason">
        <Typed text={event.reason} />
        {error && <ProblemNotice error={error} />}
      </td>
      <td class="soft">
        <Ago at={event.parked_at} />
      </td>
      <td>
        <div class="line nowrap">
          <button type="button" class="button tight" disabled={busy} onClick={requeue}>
            {t.flow.requeue}
          </button>
          <button type="button" class="button quiet tight" onClick={onDiscard}>
            {t.flow.discard}
          </button>
        </div>
      </td>
    </tr>
  );
}

interface DiscardProps extends Held {
  onClose: () => void;
  onDecided: () => void;
}

function Discard({ service, event, onClose, onDecided }: DiscardProps) {
  const doing = useDoing();
  const discard = async (values: Values) => {
    await operations.discard(service, event.id, values("reason").trim());
    toast(t.flow.discarded);
    onClose();
    onDecided();
  };
  return (
    <Dialog title={t.flow.discardTitle} onClose={onClose}>
      <Form doing={doing} action={t.flow.discard} isBad onClose={onClose} onSubmit={discard}>
        <p>{t.flow.discardText}</p>
        <Field label={t.flow.discardReason} name="reason" required maxLength={500} />
      </Form>
    </Dialog>
  );
}
