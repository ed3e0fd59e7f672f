/** Add a lead manager. */
import { managers } from "../../api/leadwire.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { ProblemNotice, toast } from "../../parts/notice.tsx";
import { useDoing } from "../../parts/use.ts";
import { t } from "../../texts.ts";

interface AddManagerProps {
  onClose: () => void;
  onAdded: () => void;
}

export function AddManager({ onClose, onAdded }: AddManagerProps) {
  const { busy, error, run } = useDoing();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const email = String(fields.get("email")).trim();
    void run(async () => {
      const added = await managers.add({
        name: String(fields.get("name")),
        capacity: Number(fields.get("capacity")),
        ...(email ? { email } : {}),
      });
      toast(t.managersView.added(added.name));
      onClose();
      onAdded();
    });
  };
  return (
    <Dialog title={t.managersView.add} onClose={onClose}>
      <form class="stack" onSubmit={submit}>
        <label class="field">
          <span>{t.managersView.name}</span>
          <input class="input" name="name" required maxLength={200} dir="auto" />
        </label>
        <label class="field">
          <span>{t.managersView.email}</span>
          <input class="input" name="email" type="email" maxLength={254} />
        </label>
        <label class="field">
          <span>{t.managersView.capacity}</span>
          <input
            class="input"
            name="capacity"
            type="number"
            min={1}
            max={1000}
            value={1}
            required
          />
        </label>
        {error && <ProblemNotice error={error} />}
        <div class="dialog-end">
          <button type="button" class="button quiet" onClick={onClose}>
            {t.cancel}
          </button>
          <button type="submit" class="button main" disabled={busy}>
            {busy ? t.managersView.saving : t.managersView.save}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
