/** Add a lead manager. */
import { managers } from "../../api/leadwire.ts";
import type { ManagerFields } from "../../api/types.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { toast } from "../../parts/notice.tsx";
import { useDoing } from "../../parts/use.ts";
import { t } from "../../texts.ts";
import { ManagerForm } from "./ManagerForm.tsx";

interface AddManagerProps {
  onClose: () => void;
  onAdded: () => void;
}

export function AddManager({ onClose, onAdded }: AddManagerProps) {
  const doing = useDoing();
  const add = (fields: ManagerFields) =>
    doing.run(async () => {
      const added = await managers.add(fields);
      toast(t.managersView.added(added.name));
      onClose();
      onAdded();
    });
  return (
    <Dialog title={t.managersView.add} onClose={onClose}>
      <ManagerForm doing={doing} action={t.managersView.save} onClose={onClose} onSubmit={add} />
    </Dialog>
  );
}
