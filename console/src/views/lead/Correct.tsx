/** Turn a decision round, with a reason. */
import { useState } from "preact/hooks";
import { ApiError } from "../../api/errors.ts";
import { leads } from "../../api/leadwire.ts";
import type { Marked, Status } from "../../api/types.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { ProblemNotice, toast } from "../../parts/notice.tsx";
import { useDoing } from "../../parts/use.ts";
import { t } from "../../texts.ts";
import { type Markable, sayMarked } from "./marking.ts";

interface CorrectProps {
  lead: Markable;
  tag: string;
  onMarked: (marked: Marked) => void;
  onOvertaken: (message: string) => void;
}

export function Correct({ lead, tag, onMarked, onOvertaken }: CorrectProps) {
  const [open, setOpen] = useState(false);
  const { busy, error, run } = useDoing();
  const other: Status = lead.status === "interested" ? "not_interested" : "interested";
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const reason = String(new FormData(event.currentTarget as HTMLFormElement).get("reason"));
    void run(async () => {
      try {
        const done = await leads.mark(lead.id, other, tag, reason.trim());
        toast(sayMarked(done));
        setOpen(false);
        onMarked(done);
      } catch (thrown) {
        if (!(thrown instanceof ApiError && thrown.code === "precondition_failed")) throw thrown;
        setOpen(false);
        onOvertaken(t.marks.changed);
      }
    });
  };
  return (
    <>
      <button type="button" class="button self-start" onClick={() => setOpen(true)}>
        {t.marks.correct}
      </button>
      {open && (
        <Dialog title={t.marks.correct} onClose={() => setOpen(false)}>
          <form class="stack" onSubmit={submit}>
            <label class="field">
              <span>{t.marks.reason}</span>
              <input class="input" name="reason" required maxLength={500} dir="auto" />
              <span>{t.marks.reasonHint}</span>
            </label>
            {error && <ProblemNotice error={error} />}
            <div class="dialog-end">
              <button type="button" class="button quiet" onClick={() => setOpen(false)}>
                {t.cancel}
              </button>
              <button type="submit" class="button main" disabled={busy}>
                {t.marks.correctTo(other)}
              </button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  );
}
