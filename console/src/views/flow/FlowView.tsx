/** How it flows: what waits, how fast it is decided, what is stuck, and what is told to others. */

import { deliveries, SERVICES, webhooks } from "../../api/leadwire.ts";
import { Loading, ProblemNotice } from "../../parts/notice.tsx";
import { useAsked } from "../../parts/use.ts";
import { capped, duration, t } from "../../texts.ts";
import { Decisions } from "./Decisions.tsx";
import { Deliveries } from "./Deliveries.tsx";
import { Lag, ParkedSum, Waiting, Working } from "./Figures.tsx";
import { ParkedEvents } from "./ParkedEvents.tsx";
import { parkedOf, type Stand, standOf, UNKNOWN } from "./stands.ts";
import { Webhooks } from "./Webhooks.tsx";

const EVERY = 5_000;

export function FlowView() {
  const stands = useAsked(() => Promise.all(SERVICES.map(standOf)), [], { every: EVERY });
  return (
    <div class="stack flow">
      <div class="page-head">
        <h1>{t.views.flow}</h1>
      </div>
      <div class="figures">
        <Waiting />
        <Working />
        <Lag stands={stands.answer ?? []} />
        <ParkedSum stands={stands.answer ?? []} />
      </div>
      <Decisions />
      {stands.error && <ProblemNotice error={stands.error} again={stands.again} />}
      {stands.answer ? <Services stands={stands.answer} /> : <Loading />}
      {stands.answer && <ParkedEvents stands={stands.answer} onDecided={stands.again} />}
      <Deliveries list={deliveries.list} />
      <Webhooks list={webhooks.list} />
    </div>
  );
}

function Services({ stands }: { stands: readonly Stand[] }) {
  return (
    <section class="stack tight">
      <h2>{t.flow.services}</h2>
      <div class="card plain-table">
        <table>
          <thead>
            <tr>
              <th scope="col">{t.flow.service}</th>
              <th scope="col" class="amount">
                {t.flow.lag}
              </th>
              <th scope="col" class="amount">
                {t.flow.pending}
              </th>
              <th scope="col" class="amount">
                {t.flow.toHandle}
              </th>
              <th scope="col" class="amount">
                {t.flow.parked}
              </th>
            </tr>
          </thead>
          <tbody>
            {stands.map((stand) => (
              <ServiceRow key={stand.service} stand={stand} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function ServiceRow({ stand: { service, status } }: { stand: Stand }) {
  if (status === null) {
    return (
      <tr>
        <td>{service}</td>
        <td colSpan={4}>
          <span class="pill not_interested">{t.flow.serviceAway}</span>
        </td>
      </tr>
    );
  }
  const waiting = status.subscriptions.map((each) => each.waiting);
  const isBrokerAway = status.missing === null || waiting.includes(null);
  const sum = waiting.reduce<number>((all, each) => all + (each ?? 0), 0);
  return (
    <tr>
      <td>
        {service} <span class="soft small">{status.version}</span>
        {isBrokerAway && <span class="pill not_interested">{t.flow.brokerAway}</span>}
        {status.missing !== null && status.missing.length > 0 && (
          <p class="small bad-text">{t.flow.missing(status.missing)}</p>
        )}
      </td>
      <td class="amount">{duration(status.outbox.oldest_pending_seconds)}</td>
      <td class="amount">{capped(status.outbox.pending)}</td>
      <td class="amount">{isBrokerAway ? UNKNOWN : capped(sum)}</td>
      <td class="amount">{capped(parkedOf(status))}</td>
    </tr>
  );
}
