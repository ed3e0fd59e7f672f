/** Add, change or remove a webhook. */
import { useState } from "preact/hooks";
import { webhooks } from "../../api/leadwire.ts";
import type { Webhook, WebhookFields } from "../../api/types.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Form } from "../../parts/form.tsx";
import { toast } from "../../parts/notice.tsx";
import { useDoing } from "../../parts/use.ts";
import { t } from "../../texts.ts";
import { WebhookForm } from "./WebhookForm.tsx";

interface AddWebhookProps {
  onClose: () => void;
  onAdded: () => void;
}

export function AddWebhook({ onClose, onAdded }: AddWebhookProps) {
  const [secret, setSecret] = useState<string | null>(null);
  const add = async (fields: WebhookFields) => {
    setSecret((await webhooks.add(fields)).secret);
    onAdded();
  };
  return (
    <Dialog title={t.flow.addWebhook} onClose={onClose}>
      {secret === null ? (
        <WebhookForm action={t.flow.add} onClose={onClose} onSubmit={add} />
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
  const done = async (action: Promise<unknown>, said: string) => {
    await action;
    toast(said);
    onClose();
    onChanged();
  };
  if (removing) {
    return (
      <RemoveWebhook
        onClose={() => setRemoving(false)}
        onRemove={() => done(webhooks.remove(webhook.id), t.flow.webhookRemoved)}
      />
    );
  }
  return (
    <Dialog title={t.flow.changeWebhook} onClose={onClose}>
      <WebhookForm
        webhook={webhook}
        action={t.flow.save}
        onClose={onClose}
        onSubmit={(fields) => done(webhooks.change(webhook.id, fields), t.flow.webhookChanged)}
      />
      <button type="button" class="link self-start" onClick={() => setRemoving(true)}>
        {t.flow.removeWebhook}
      </button>
    </Dialog>
  );
}

interface RemoveWebhookProps {
  onClose: () => void;
  onRemove: () => Promise<void>;
}

function RemoveWebhook({ onClose, onRemove }: RemoveWebhookProps) {
  const doing = useDoing();
  return (
    <Dialog title={t.flow.removeWebhookTitle} onClose={onClose}>
      <Form doing={doing} action={t.flow.remove} isBad onClose={onClose} onSubmit={onRemove}>
        <p>{t.flow.removeWebhookText}</p>
      </Form>
    </Dialog>
  );
}
