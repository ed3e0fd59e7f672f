/** Turn a decision round, with a reason. */
import { useState } from "preact/hooks";
import { ApiError } from "../../api/errors.ts";
import { leads } from "../../api/leadwire.ts";
import type { Marked, Status } from "../../api/types.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Form, type Values } from "../../parts/form.tsx";
import { toast } from "../../parts/notice.tsx";
import { useDoing } from "../../parts/use.ts";
import { t } from "../../texts.ts";
import { type Markable, sayMarked } from "./marking.ts";
import { Reason } from "./Reason.tsx";

interface CorrectProps {
  lead: Markable;
  tag: string;
  onMarked: (marked: Marked) => void;
  onOvertaken: (message: string) => void;
}

export function Correct({ lead, tag, onMarked, onOvertaken }: CorrectProps) {
  const [open, setOpen] = useState(false);
  const doing = useDoing();
  const other: Status = lead.status === "interested" ? "not_interested" : "interested";
  const correct = async (values: Values) => {
    try {
      const done = await leads.mark(lead.id, other, tag, values("reason").trim());
      toast(sayMarked(done));
      setOpen(false);
      onMarked(done);
    } catch (thrown) {
      if (!(thrown instanceof ApiError && thrown.code === "precondition_failed")) throw thrown;
      setOpen(false);
      onOvertaken(t.marks.changed);
    }
  };
  return (
    <>
      <button type="button" class="button self-start" onClick={() => setOpen(true)}>
        {t.marks.correct}
      </button>
      {open && (
        <Dialog title={t.marks.correct} onClose={() => setOpen(false)}>
          <Form
            doing={doing}
            action={t.marks.correctTo(other)}
            onClose={() => setOpen(false)}
            onSubmit={correct}
          >
            <Reason required />
          </Form>
        </Dialog>
      )}
    </>
  );
}
