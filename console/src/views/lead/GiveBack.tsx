/** Give a lead back, perhaps with a reason. */
import { leads } from "../../api/leadwire.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { ProblemNotice, toast } from "../../parts/notice.tsx";
import { fullName } from "../../parts/show.tsx";
import { useDoing } from "../../parts/use.ts";
import { t } from "../../texts.ts";
import type { Markable } from "./marking.ts";

interface GiveBackProps {
  lead: Markable;
  managerId: string;
  onClose: () => void;
  onDone: () => void;
}

export function GiveBack({ lead, managerId, onClose, onDone }: GiveBackProps) {
  const { busy, error, run } = useDoing();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const reason = String(new FormData(event.currentTarget as HTMLFormElement).get("reason"));
    void run(async () => {
      await leads.giveBack(lead.id, managerId, reason.trim() || undefined);
      toast(t.marks.gaveBack(fullName(lead)));
      onClose();
      onDone();
    });
  };
  return (
    <Dialog title={t.marks.giveBackTitle} onClose={onClose}>
      <form class="stack" onSubmit={submit}>
        <p>{t.marks.giveBackText}</p>
        <label class="field">
          <span>{t.marks.reason}</span>
          <input class="input" name="reason" maxLength={500} dir="auto" />
          <span>{t.marks.reasonHint}</span>
        </label>
        {error && <ProblemNotice error={error} />}
        <div class="dialog-end">
          <button type="button" class="button quiet" onClick={onClose}>
            {t.cancel}
          </button>
          <button type="submit" class="button main" disabled={busy}>
            {t.marks.giveBack}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
