/** Add, change or remove a webhook. */
import { useState } from "preact/hooks";
import { webhooks } from "../../api/leadwire.ts";
import type { Webhook, WebhookFields } from "../../api/types.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { ProblemNotice, toast } from "../../parts/notice.tsx";
import { type Doing, useDoing } from "../../parts/use.ts";
import { t } from "../../texts.ts";
import { WebhookForm } from "./WebhookForm.tsx";

interface AddWebhookProps {
  onClose: () => void;
  onAdded: () => void;
}

export function AddWebhook({ onClose, onAdded }: AddWebhookProps) {
  const [secret, setSecret] = useState<string | null>(null);
  const doing = useDoing();
  const add = (fields: WebhookFields) =>
    doing.run(async () => {
      setSecret((await webhooks.add(fields)).secret);
      onAdded();
    });
  return (
    <Dialog title={t.flow.addWebhook} onClose={onClose}>
      {secret === null ? (
        <WebhookForm doing={doing} action={t.flow.add} onClose={onClose} onSubmit={add} />
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

interface ChangeWebhookProps {
  webhook: Webhook;
  onClose: () => void;
  onChanged: () => void;
}

export function ChangeWebhook({ webhook, onClose, onChanged }: ChangeWebhookProps) {
  const [removing, setRemoving] = useState(false);
  const doing = useDoing();
  const done = (action: () => Promise<unknown>, said: string) =>
    doing.run(async () => {
      await action();
      toast(said);
      onClose();
      onChanged();
    });
  if (removing) {
    return (
      <RemoveWebhook
        doing={doing}
        onClose={() => setRemoving(false)}
        onRemove={() => done(() => webhooks.remove(webhook.id), t.flow.webhookRemoved)}
      />
    );
  }
  return (
    <Dialog title={t.flow.changeWebhook} onClose={onClose}>
      <WebhookForm
        webhook={webhook}
        doing={doing}
        action={t.flow.save}
        onClose={onClose}
        onSubmit={(fields) =>
          done(() => webhooks.change(webhook.id, fields), t.flow.webhookChanged)
        }
      />
      <button type="button" class="link self-start" onClick={() => setRemoving(true)}>
        {t.flow.removeWebhook}
      </button>
    </Dialog>
  );
}

interface RemoveWebhookProps {
  doing: Doing;
  onClose: () => void;
  onRemove: () => void;
}

function RemoveWebhook({ doing: { busy, error }, onClose, onRemove }: RemoveWebhookProps) {
  return (
    <Dialog title={t.flow.removeWebhookTitle} onClose={onClose}>
      <p>{t.flow.removeWebhookText}</p>
      {error && <ProblemNotice error={error} />}
      <div class="dialog-end">
        <button type="button" class="button quiet" onClick={onClose}>
          {t.cancel}
        </button>
        <button type="button" class="button bad" disabled={busy} onClick={onRemove}>
          {t.flow.remove}
        </button>
      </div>
    </Dialog>
  );
}
