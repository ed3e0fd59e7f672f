/** Forms: fields with their labels, what went wrong, and the two ways on. */
import type { ComponentChildren, ComponentProps } from "preact";
import { t } from "../texts.ts";
import { ProblemNotice } from "./notice.tsx";
import type { Doing } from "./use.ts";

type FieldProps = ComponentProps<"input"> & { name: string; label: string; hint?: string };

export function Field({ label, hint, ...input }: FieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <input class="input" {...input} />
      {hint !== undefined && <span>{hint}</span>}
    </label>
  );
}

/** Gives what stands in a field. */
export type Values = (name: string) => string;

interface FormProps {
  doing: Doing;
  /** What sending the form does, and whether that takes something away. */
  action: string;
  isBad?: boolean;
  /** Whether it lacks something that no field can ask for by itself. */
  lacks?: boolean;
  /** null: there is no way out but through it. */
  onClose: (() => void) | null;
  onSubmit: (values: Values) => Promise<void>;
  children: ComponentChildren;
}

export function Form({ doing, action, isBad, lacks, onClose, onSubmit, children }: FormProps) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    void doing.run(() => onSubmit((name) => String(fields.get(name) ?? "")));
  };
  return (
    <form class="stack" onSubmit={submit}>
      {children}
      {doing.error && <ProblemNotice error={doing.error} />}
      <div class="dialog-end">
        {onClose && (
          <button type="button" class="button quiet" onClick={onClose}>
            {t.cancel}
          </button>
        )}
        <button
          type="submit"
          class={isBad ? "button bad" : "button main"}
          disabled={doing.busy || lacks}
        >
          {action}
        </button>
      </div>
    </form>
  );
}
