/** Where a webhook's events go, and which ones it gets. */
import { useState } from "preact/hooks";
import type { Webhook, WebhookFields } from "../../api/types.ts";
import { Field, Form, type Values } from "../../parts/form.tsx";
import { useDoing } from "../../parts/use.ts";
import { t } from "../../texts.ts";
import eventTypes from "./event-types.json" with { type: "json" };

interface WebhookFormProps {
  /** What is there already. */
  webhook?: Webhook;
  action: string;
  onClose: () => void;
  onSubmit: (fields: WebhookFields) => Promise<void>;
}

export function WebhookForm({ webhook, action, onClose, onSubmit }: WebhookFormProps) {
  const doing = useDoing();
  const [some, setSome] = useState((webhook?.types.length ?? 0) > 0);
  const [types, setTypes] = useState<ReadonlySet<string>>(new Set(webhook?.types));
  const submit = (values: Values) =>
    onSubmit({
      url: values("url").trim(),
      description: values("description").trim(),
      // To the API none at all means every one.
      types: some ? eventTypes.filter((each) => types.has(each)) : [],
    });
  return (
    <Form
      doing={doing}
      action={action}
      lacks={some && types.size === 0}
      onClose={onClose}
      onSubmit={submit}
    >
      <Field
        label={t.flow.url}
        name="url"
        type="url"
        required
        maxLength={2000}
        defaultValue={webhook?.url ?? ""}
      />
      <Field
        label={t.flow.description}
        name="description"
        maxLength={500}
        dir="auto"
        defaultValue={webhook?.description ?? ""}
      />
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
    </Form>
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
