/** Remove a lead manager, once it was seen what becomes of his leads. */
import { managers } from "../../api/leadwire.ts";
import type { Manager, Removal } from "../../api/types.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Form } from "../../parts/form.tsx";
import { Loading, ProblemNotice, toast } from "../../parts/notice.tsx";
import { fullName, Typed } from "../../parts/show.tsx";
import { useAsked, useDoing } from "../../parts/use.ts";
import { t } from "../../texts.ts";

interface RemoveManagerProps {
  manager: Manager;
  onClose: () => void;
  onRemoved: () => void;
}

export function RemoveManager({ manager, onClose, onRemoved }: RemoveManagerProps) {
  const preview = useAsked(() => managers.previewRemoval(manager.id), [manager.id]);
  const doing = useDoing();
  const remove = async () => {
    await managers.remove(manager.id);
    toast(t.managersView.removed(manager.name));
    onClose();
    onRemoved();
  };
  return (
    <Dialog title={t.managersView.removeTitle(manager.name)} onClose={onClose}>
      <Form
        doing={doing}
        action={t.managersView.remove}
        isBad
        lacks={preview.answer === null}
        onClose={onClose}
        onSubmit={remove}
      >
        {preview.error && <ProblemNotice error={preview.error} again={preview.again} />}
        {preview.answer === null && preview.error === null && <Loading />}
        {preview.answer && <Preview removal={preview.answer} />}
      </Form>
    </Dialog>
  );
}

function Preview({ removal: { leads } }: { removal: Removal }) {
  if (leads.length === 0) return <p>{t.managersView.removeNothing}</p>;
  return (
    <div class="stack tight">
      <p>{t.managersView.removeLeads(leads.length)}</p>
      <ul class="stack tight">
        {leads.map(({ lead, next_manager }) => (
          <li key={lead.id} class="line">
            <strong class="clip">
              <Typed text={fullName(lead)} />
            </strong>
            <span class="soft break">
              {next_manager === null
                ? t.managersView.waits
                : t.managersView.goesTo(next_manager.name)}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
