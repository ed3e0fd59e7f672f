/** Change a lead manager's name, email or capacity. */
import { managers } from "../../api/leadwire.ts";
import type { Manager, ManagerFields } from "../../api/types.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { toast } from "../../parts/notice.tsx";
import { useDoing } from "../../parts/use.ts";
import { t } from "../../texts.ts";
import { ManagerForm } from "./ManagerForm.tsx";

interface ChangeManagerProps {
  manager: Manager;
  onClose: () => void;
  onChanged: () => void;
}

export function ChangeManager({ manager, onClose, onChanged }: ChangeManagerProps) {
  const doing = useDoing();
  const change = (fields: ManagerFields) =>
    doing.run(async () => {
      const changed = await managers.change(manager.id, fields);
      toast(t.managersView.changed(changed.name));
      onClose();
      onChanged();
    });
  return (
    <Dialog title={t.managersView.changeTitle(manager.name)} onClose={onClose}>
      <ManagerForm
        manager={manager}
        doing={doing}
        action={t.managersView.saveChange}
        onClose={onClose}
        onSubmit={change}
      />
    </Dialog>
  );
}
