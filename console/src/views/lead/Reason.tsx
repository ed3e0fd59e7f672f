/** Why something is done to a lead, for its history. */
import { Field } from "../../parts/form.tsx";
import { t } from "../../texts.ts";

export function Reason({ required = false }: { required?: boolean }) {
  return (
    <Field
      label={t.marks.reason}
      hint={t.marks.reasonHint}
      name="reason"
      required={required}
      maxLength={500}
      dir="auto"
    />
  );
}
