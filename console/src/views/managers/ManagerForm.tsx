/** Add a lead manager, or change his name, email, and how many leads he holds at once. */
import { managers } from "../../api/leadwire.ts";
import type { Manager, ManagerFields } from "../../api/types.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Field, Form, type Values } from "../../parts/form.tsx";
import { toast } from "../../parts/notice.tsx";
import { useDoing } from "../../parts/use.ts";
import { t } from "../../texts.ts";

interface AddManagerProps {
  onClose: () => void;
  onAdded: () => void;
}

export function AddManager({ onClose, onAdded }: AddManagerProps) {
  const add = async (fields: ManagerFields) => {
    const added = await managers.add(fields);
    toast(t.managersView.added(added.name));
    onClose();
    onAdded();
  };
  return (
    <Dialog title={t.managersView.add} onClose={onClose}>
      <ManagerForm action={t.managersView.save} onClose={onClose} onSubmit={add} />
    </Dialog>
  );
}

interface ChangeManagerProps {
  manager: Manager;
  onClose: () => void;
  onChanged: () => void;
}

export function ChangeManager({ manager, onClose, onChanged }: ChangeManagerProps) {
  const change = async (fields: ManagerFields) => {
    const changed = await managers.change(manager.id, differing(fields, manager));
    toast(t.managersView.changed(changed.name));
    onClose();
    onChanged();
  };
  return (
    <Dialog title={t.managersView.changeTitle(manager.name)} onClose={onClose}>
      <ManagerForm
        manager={manager}
        action={t.managersView.saveChange}
        onClose={onClose}
        onSubmit={change}
      />
    </Dialog>
  );
}

/** Of what was left as it was, somebody else's change in the meantime stays. */
function differing(fields: ManagerFields, before: ManagerFields): Partial<ManagerFields> {
  const { name, email, capacity } = fields;
  return {
    ...(name !== before.name && { name }),
    ...(email !== before.email && { email }),
    ...(capacity !== before.capacity && { capacity }),
  };
}

interface ManagerFormProps {
  /** What is there already. */
  manager?: Manager;
  action: string;
  onClose: () => void;
  onSubmit: (fields: ManagerFields) => Promise<void>;
}

function ManagerForm({ manager, action, onClose, onSubmit }: ManagerFormProps) {
  const doing = useDoing();
  const submit = (values: Values) =>
    onSubmit({
      name: values("name").trim(),
      email: values("email").trim() || null,
      capacity: Number(values("capacity")),
    });
  return (
    <Form doing={doing} action={action} onClose={onClose} onSubmit={submit}>
      <Field
        label={t.managersView.name}
        name="name"
        required
        maxLength={200}
        dir="auto"
        defaultValue={manager?.name ?? ""}
      />
      <Field
        label={t.managersView.email}
        name="email"
        type="email"
        maxLength={254}
        defaultValue={manager?.email ?? ""}
      />
      <Field
        label={t.managersView.capacity}
        name="capacity"
        type="number"
        min={1}
        max={1000}
        required
        defaultValue={String(manager?.capacity ?? 1)}
      />
    </Form>
  );
}
