/** Where a webhook's events go, and which ones it gets. */
import { useState } from "preact/hooks";
import type { Webhook, WebhookFields } from "../../api/types.ts";
import { ProblemNotice } from "../../parts/notice.tsx";
import type { Doing } from "../../parts/use.ts";
import { t } from "../../texts.ts";
import eventTypes from "./event-types.json" with { type: "json" };

interface WebhookFormProps {
  /** What is there already. */
  webhook?: Webhook;
  doing: Doing;
  action: string;
  onClose: () => void;
  onSubmit: (fields: WebhookFields) => void;
}

export function WebhookForm({ webhook, doing, action, onClose, onSubmit }: WebhookFormProps) {
  const [some, setSome] = useState((webhook?.types.length ?? 0) > 0);
  const [types, setTypes] = useState<ReadonlySet<string>>(new Set(webhook?.types));
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    onSubmit({
      url: String(fields.get("url")).trim(),
      description: String(fields.get("description")).trim(),
      // To the API none at all means every one.
      types: some ? eventTypes.filter((each) => types.has(each)) : [],
    });
  };
  return (
    <form class="stack" onSubmit={submit}>
      <label class="field">
        <span>{t.flow.url}</span>
        <input
          class="input"
          name="url"
          type="url"
          required
          maxLength={2000}
          defaultValue={webhook?.url}
        />
      </label>
      <label class="field">
        <span>{t.flow.description}</span>
        <input
          class="input"
          name="description"
          maxLength={500}
          dir="auto"
          defaultValue={webhook?.description}
        />
      </label>
      <fieldset class="stack tight">
        <legend>{t.flow.types}</legend>
        {[false, true].map((each) => (
          <label class="line nowrap" key={String(each)}>
            <input
              type="radio"
              name="which"
              checked={some === each}
              onChange={() => setSome(each)}
            />
            {each ? t.flow.theseTypes : t.flow.allTypesToCome}
          </label>
        ))}
        {some && <Types chosen={types} onChoose={setTypes} />}
      </fieldset>
      {doing.error && <ProblemNotice error={doing.error} />}
      <div class="dialog-end">
        <button type="button" class="button quiet" onClick={onClose}>
          {t.cancel}
        </button>
        <button
          type="submit"
          class="button main"
          disabled={doing.busy || (some && types.size === 0)}
        >
          {action}
        </button>
      </div>
    </form>
  );
}

interface TypesProps {
  chosen: ReadonlySet<string>;
  onChoose: (chosen: ReadonlySet<string>) => void;
}

function Types({ chosen, onChoose }: TypesProps) {
  const toggle = (type: string) => {
    const next = new Set(chosen);
    if (!next.delete(type)) next.add(type);
    onChoose(next);
  };
  return (
    <div class="event-types">
      {eventTypes.map((type) => (
        <label class="line nowrap" key={type}>
          <input type="checkbox" checked={chosen.has(type)} onChange={() => toggle(type)} />
          <code>{type}</code>
        </label>
      ))}
      {chosen.size === 0 && <p class="soft small">{t.flow.noTypes}</p>}
    </div>
  );
}
