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
  // As it was looked at: somebody else's correction meanwhile is not turned round unseen.
  const [begun, setBegun] = useState<{ to: Status; tag: string } | null>(null);
  const doing = useDoing();
  const begin = () =>
    setBegun({ to: lead.status === "interested" ? "not_interested" : "interested", tag });
  const correct = async ({ to, tag }: { to: Status; tag: string }, values: Values) => {
    try {
      const done = await leads.mark(lead.id, to, tag, values("reason").trim());
      toast(sayMarked(done));
      setBegun(null);
      onMarked(done);
    } catch (thrown) {
      if (!(thrown instanceof ApiError && thrown.code === "precondition_failed")) throw thrown;
      setBegun(null);
      onOvertaken(t.marks.changed);
    }
  };
  return (
    <>
      <button type="button" class="button self-start" onClick={begin}>
        {t.marks.correct}
      </button>
      {begun && (
        <Dialog title={t.marks.correct} onClose={() => setBegun(null)}>
          <Form
            doing={doing}
            action={t.marks.correctTo(begun.to)}
            onClose={() => setBegun(null)}
            onSubmit={(values) => correct(begun, values)}
          >
            <Reason required />
          </Form>
        </Dialog>
      )}
    </>
  );
}
