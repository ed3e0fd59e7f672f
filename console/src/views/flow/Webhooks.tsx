/** Other systems that get events, and how each endpoint fares. */
import { useState } from "preact/hooks";
import { webhooks } from "../../api/leadwire.ts";
import type { Page, Webhook } from "../../api/types.ts";
import { Loading, ProblemNotice, toast } from "../../parts/notice.tsx";
import { Typed } from "../../parts/show.tsx";
import { useAsked, useDoing } from "../../parts/use.ts";
import { t } from "../../texts.ts";
import { AddWebhook, ChangeWebhook } from "./WebhookDialogs.tsx";

const EVERY = 10_000;
const MOST_SHOWN_TYPES = 3;

export function Webhooks({ list }: { list: () => Promise<Page<Webhook>> }) {
  const [adding, setAdding] = useState(false);
  const { answer, error, again } = useAsked(list, [], { every: EVERY });
  return (
    <section class="stack tight">
      <div class="line apart">
        <h2>{t.flow.webhooks}</h2>
        <button type="button" class="button tight" onClick={() => setAdding(true)}>
          {t.flow.addWebhook}
        </button>
      </div>
      {error && <ProblemNotice error={error} again={again} />}
      {answer === null && error === null && <Loading />}
      {answer?.items.length === 0 && <p class="soft">{t.flow.noWebhooks}</p>}
      {answer && answer.items.length > 0 && (
        <div class="card plain-table wide-table">
          <table>
            <thead>
              <tr>
                <th scope="col">{t.flow.url}</th>
                <th scope="col">{t.flow.types}</th>
                <th scope="col">{t.flow.state}</th>
                <th scope="col">
                  <span class="unseen">{t.flow.test}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {answer.items.map((webhook) => (
                <WebhookRow key={webhook.id} webhook={webhook} onChanged={again} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {answer?.next_cursor != null && (
        <p class="soft small">{t.flow.firstWebhooks(answer.items.length)}</p>
      )}
      {adding && <AddWebhook onClose={() => setAdding(false)} onAdded={again} />}
    </section>
  );
}

function WebhookRow({ webhook, onChanged }: { webhook: Webhook; onChanged: () => void }) {
  const [changing, setChanging] = useState(false);
  const { busy, error, run } = useDoing();
  const act = (action: () => Promise<string | null>) =>
    run(async () => {
      const said = await action();
      if (said !== null) toast(said);
      onChanged();
    });
  const test = () =>
    act(async () => {
      const ping = await webhooks.test(webhook.id);
      return ping.is_taken
        ? t.flow.testTaken(ping.duration_ms)
        : t.flow.testRefused(ping.error ?? String(ping.status));
    });
  const toggle = () =>
    act(async () => {
      const state = webhook.state === "enabled" ? "paused" : "enabled";
      await webhooks.change(webhook.id, { state });
      return null;
    });
  const retry = () =>
    act(async () => t.flow.retriedMany((await webhooks.retry(webhook.id)).retried));
  const types = webhook.types.slice(0, MOST_SHOWN_TYPES).join(", ");
  const more = webhook.types.length > MOST_SHOWN_TYPES ? "…" : "";
  return (
    <tr>
      <td class="reason">
        <Typed text={webhook.url} />
        {webhook.description && (
          <span class="soft small">
            <Typed text={webhook.description} />
          </span>
        )}
        {error && <ProblemNotice error={error} />}
      </td>
      <td title={webhook.types.join(", ")}>{types === "" ? t.flow.allTypes : types + more}</td>
      <td>
        <span class={`pill ${webhook.state}`}>{t.flow.webhookState[webhook.state]}</span>
        {webhook.failures > 0 && <p class="small bad-text">{t.flow.failing(webhook.failures)}</p>}
      </td>
      <td>
        <div class="line nowrap">
          <button type="button" class="button tight" disabled={busy} onClick={test}>
            {busy ? t.flow.testing : t.flow.test}
          </button>
          <button
            type="button"
            class="button quiet tight"
            disabled={busy}
            onClick={() => setChanging(true)}
          >
            {t.flow.change}
          </button>
          <button type="button" class="button quiet tight" disabled={busy} onClick={toggle}>
            {webhook.state === "enabled" ? t.flow.pause : t.flow.enable}
          </button>
          <button type="button" class="button quiet tight" disabled={busy} onClick={retry}>
            {t.flow.retryAll}
          </button>
        </div>
        {changing && (
          <ChangeWebhook
            webhook={webhook}
            onClose={() => setChanging(false)}
            onChanged={onChanged}
          />
        )}
      </td>
    </tr>
  );
}
