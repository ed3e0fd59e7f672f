/** Give a lead back, perhaps with a reason. */
import { leads } from "../../api/leadwire.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Form, type Values } from "../../parts/form.tsx";
import { toast } from "../../parts/notice.tsx";
import { fullName } from "../../parts/show.tsx";
import { useDoing } from "../../parts/use.ts";
import { t } from "../../texts.ts";
import type { Markable } from "./marking.ts";
import { Reason } from "./Reason.tsx";

interface GiveBackProps {
  lead: Markable;
  managerId: string;
  onClose: () => void;
  onDone: () => void;
}

export function GiveBack({ lead, managerId, onClose, onDone }: GiveBackProps) {
  const doing = useDoing();
  const giveBack = async (values: Values) => {
    await leads.giveBack(lead.id, managerId, values("reason").trim() || undefined);
    toast(t.marks.gaveBack(fullName(lead)));
    onClose();
    onDone();
  };
  return (
    <Dialog title={t.marks.giveBackTitle(fullName(lead))} onClose={onClose}>
      <Form doing={doing} action={t.marks.giveBack} onClose={onClose} onSubmit={giveBack}>
        <p>{t.marks.giveBackText}</p>
        <Reason />
      </Form>
    </Dialog>
  );
}
