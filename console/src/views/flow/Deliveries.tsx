/** Emails and events for webhooks: how each fares, and once more. */
import { useState } from "preact/hooks";
import { deliveries, webhooks } from "../../api/leadwire.ts";
import type { Delivery, Page } from "../../api/types.ts";
import { Loading, ProblemNotice, toast } from "../../parts/notice.tsx";
import { Ago, Typed } from "../../parts/show.tsx";
import { useAsked, useDoing } from "../../parts/use.ts";
import { t } from "../../texts.ts";

const EVERY = 10_000;
const STATUSES = ["parked", "pending", "delivered", "cancelled"];

export function Deliveries({ list }: { list: (status: string) => Promise<Page<Delivery>> }) {
  const [status, setStatus] = useState("parked");
  const { answer, error, again } = useAsked(() => list(status), [status], { every: EVERY });
  const endpoints = useAsked(webhooks.list, [], { every: EVERY }).answer?.items ?? [];
  const urlOf = (id: string | null) => endpoints.find((each) => each.id === id)?.url ?? id ?? "";
  return (
    <section class="stack tight">
      <div class="line apart">
        <h2>{t.flow.deliveries}</h2>
        <div class="chips" role="group" aria-label={t.flow.deliveries}>
          {STATUSES.map((each) => (
            <button
              key={each}
              type="button"
              class="chip"
              aria-pressed={each === status}
              onClick={() => setStatus(each)}
            >
              {t.flow.deliveryStatus[each]}
            </button>
          ))}
        </div>
      </div>
      {error && <ProblemNotice error={error} again={again} />}
      {answer === null && error === null && <Loading />}
      {answer?.items.length === 0 && <p class="soft">{t.flow.noDeliveries}</p>}
      {answer && answer.items.length > 0 && (
        <div class="card plain-table wide-table">
          <table>
            <thead>
              <tr>
                <th scope="col">{t.flow.kind}</th>
                <th scope="col">{t.flow.to}</th>
                <th scope="col" class="amount">
                  {t.flow.attempts}
                </th>
                <th scope="col">{t.flow.outcome}</th>
                <th scope="col">{t.flow.since}</th>
                <th scope="col">
                  <span class="unseen">{t.flow.retry}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {answer.items.map((delivery) => (
                <DeliveryRow
                  key={delivery.id}
                  delivery={delivery}
                  to={delivery.recipient ?? urlOf(delivery.webhook_id)}
                  onRetried={again}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {answer?.next_cursor != null && (
        <p class="soft small">{t.flow.firstDeliveries(answer.items.length)}</p>
      )}
    </section>
  );
}

interface DeliveryRowProps {
  delivery: Delivery;
  /** An email address, or that of an endpoint. */
  to: string;
  onRetried: () => void;
}

function DeliveryRow({ delivery, to, onRetried }: DeliveryRowProps) {
  const { busy, error, run } = useDoing();
  const retry = () =>
    run(async () => {
      await deliveries.retry(delivery.id);
      toast(t.flow.retried);
      onRetried();
    });
  const canRetry = delivery.status === "parked" || delivery.status === "pending";
  const outcome = [delivery.last_status, delivery.last_error].filter((each) => each !== null);
  return (
    <tr>
      <td>
        <Typed text={delivery.event_type ?? delivery.kind} />
      </td>
      <td class="reason">
        <Typed text={to} />
      </td>
      <td class="amount">{delivery.attempts}</td>
      <td class="reason">
        <Typed text={outcome.join(" ")} />
        {error && <ProblemNotice error={error} />}
      </td>
      <td class="soft">
        <Ago at={delivery.created_at} />
      </td>
      <td>
        {canRetry && (
          <button type="button" class="button tight" disabled={busy} onClick={retry}>
            {t.flow.retry}
          </button>
        )}
      </td>
    </tr>
  );
}
