/** A lead manager's name, email, and how many leads he holds at once. */
import type { Manager, ManagerFields } from "../../api/types.ts";
import { ProblemNotice } from "../../parts/notice.tsx";
import type { Doing } from "../../parts/use.ts";
import { t } from "../../texts.ts";

interface ManagerFormProps {
  /** What is there already. */
  manager?: Manager;
  doing: Doing;
  action: string;
  onClose: () => void;
  onSubmit: (fields: ManagerFields) => void;
}

export function ManagerForm({ manager, doing, action, onClose, onSubmit }: ManagerFormProps) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    onSubmit({
      name: String(fields.get("name")),
      email: String(fields.get("email")).trim() || null,
      capacity: Number(fields.get("capacity")),
    });
  };
  return (
    <form class="stack" onSubmit={submit}>
      <label class="field">
        <span>{t.managersView.name}</span>
        <input
          class="input"
          name="name"
          required
          maxLength={200}
          dir="auto"
          defaultValue={manager?.name}
        />
      </label>
      <label class="field">
        <span>{t.managersView.email}</span>
        <input
          class="input"
          name="email"
          type="email"
          maxLength={254}
          defaultValue={manager?.email ?? ""}
        />
      </label>
      <label class="field">
        <span>{t.managersView.capacity}</span>
        <input
          class="input"
          name="capacity"
          type="number"
          min={1}
          max={1000}
          required
          defaultValue={String(manager?.capacity ?? 1)}
        />
      </label>
      {doing.error && <ProblemNotice error={doing.error} />}
      <div class="dialog-end">
        <button type="button" class="button quiet" onClick={onClose}>
          {t.cancel}
        </button>
        <button type="submit" class="button main" disabled={doing.busy}>
          {doing.busy ? t.managersView.saving : action}
        </button>
      </div>
    </form>
  );
}
