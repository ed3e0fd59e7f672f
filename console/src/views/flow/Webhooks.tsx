/** Other systems that get events, and how each endpoint fares. */
import { useState } from "preact/hooks";
import { webhooks } from "../../api/leadwire.ts";
import type { Page, Webhook } from "../../api/types.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Loading, ProblemNotice, toast } from "../../parts/notice.tsx";
import { Typed } from "../../parts/show.tsx";
import { useAsked, useDoing } from "../../parts/use.ts";
import { t } from "../../texts.ts";

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
      {adding && <AddWebhook onClose={() => setAdding(false)} onAdded={again} />}
    </section>
  );
}

function WebhookRow({ webhook, onChanged }: { webhook: Webhook; onChanged: () => void }) {
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
      await webhooks.change(webhook.id, webhook.state === "enabled" ? "paused" : "enabled");
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
          <button type="button" class="button quiet tight" disabled={busy} onClick={toggle}>
            {webhook.state === "enabled" ? t.flow.pause : t.flow.enable}
          </button>
          <button type="button" class="button quiet tight" disabled={busy} onClick={retry}>
            {t.flow.retryAll}
          </button>
        </div>
      </td>
    </tr>
  );
}

function AddWebhook({ onClose, onAdded }: { onClose: () => void; onAdded: () => void }) {
  const [secret, setSecret] = useState<string | null>(null);
  const { busy, error, run } = useDoing();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const url = String(new FormData(event.currentTarget as HTMLFormElement).get("url"));
    void run(async () => {
      setSecret((await webhooks.add({ url: url.trim(), types: [] })).secret);
      onAdded();
    });
  };
  return (
    <Dialog title={t.flow.addWebhook} onClose={onClose}>
      {secret === null ? (
        <form class="stack" onSubmit={submit}>
          <label class="field">
            <span>{t.flow.url}</span>
            <input class="input" name="url" type="url" required maxLength={2000} />
          </label>
          {error && <ProblemNotice error={error} />}
          <div class="dialog-end">
            <button type="button" class="button quiet" onClick={onClose}>
              {t.cancel}
            </button>
            <button type="submit" class="button main" disabled={busy}>
              {t.managersView.save}
            </button>
          </div>
        </form>
      ) : (
        <div class="stack">
          <p>{t.flow.secret}</p>
          <code class="secret break">{secret}</code>
          <div class="dialog-end">
            <button type="button" class="button main" onClick={onClose}>
              {t.close}
            </button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
