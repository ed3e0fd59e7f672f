/** The buttons by which a lead is marked. */
import type { Marked, Status } from "../../api/types.ts";
import { useKeys } from "../../frame/keys.ts";
import { ProblemNotice, toast } from "../../parts/notice.tsx";
import { useDoing } from "../../parts/use.ts";
import { t } from "../../texts.ts";
import { type Markable, mark, OvertakenError, sayMarked } from "./marking.ts";

interface MarksProps {
  lead: Markable;
  tag: string;
  /** Somebody was faster, or it is done: what is shown is old. */
  onMarked: (marked: Marked) => void;
  onOvertaken: (message: string) => void;
}

export function Marks({ lead, tag, onMarked, onOvertaken }: MarksProps) {
  const { busy, error, run } = useDoing();
  const decide = (status: Status) =>
    run(async () => {
      try {
        const marked = await mark(lead, tag, status);
        toast(sayMarked(marked));
        onMarked(marked);
      } catch (error) {
        if (!(error instanceof OvertakenError)) throw error;
        onOvertaken(error.message);
      }
    });
  const canReachOut = lead.status === "pending";
  useKeys({
    r: () => canReachOut && void decide("reached_out"),
    I: () => void decide("interested"),
    N: () => void decide("not_interested"),
  });
  return (
    <div class="stack">
      {error && <ProblemNotice error={error} />}
      <div class="marks" aria-busy={busy}>
        <button
          type="button"
          class="button"
          disabled={busy || !canReachOut}
          onClick={() => decide("reached_out")}
        >
          {t.marks.reached_out} <kbd>r</kbd>
        </button>
        <button
          type="button"
          class="button good"
          disabled={busy}
          onClick={() => decide("interested")}
        >
          {t.marks.interested} <kbd>I</kbd>
        </button>
        <button
          type="button"
          class="button bad"
          disabled={busy}
          onClick={() => decide("not_interested")}
        >
          {t.marks.not_interested} <kbd>N</kbd>
        </button>
      </div>
    </div>
  );
}
