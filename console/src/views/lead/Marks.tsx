/** The buttons by which a lead is marked. */
import type { Marked, Status } from "../../api/types.ts";
import { useKeys } from "../../parts/keys.ts";
import { ProblemNotice, toast } from "../../parts/notice.tsx";
import { useDoing, usePassed } from "../../parts/use.ts";
import { t } from "../../texts.ts";
import { type Markable, mark, OvertakenError, sayMarked } from "./marking.ts";

/** A press that comes sooner after a lead came up is the second half of one for the lead before. */
const LOOKED_AT_FOR = 500;

interface MarksProps {
  lead: Markable;
  tag: string;
  /** Somebody was faster, or it is done: what is shown is old. */
  onMarked: (marked: Marked) => void;
  onOvertaken: (message: string) => void;
}

export function Marks({ lead, tag, onMarked, onOvertaken }: MarksProps) {
  const { busy, error, run } = useDoing();
  const isSeen = usePassed(LOOKED_AT_FOR);
  const isReady = isSeen && !busy;
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
  // A key that is held down decides one lead, not all that come after it.
  const once = (status: Status) => (event: KeyboardEvent) => {
    if (isSeen && !event.repeat) void decide(status);
  };
  useKeys({
    r: (event) => canReachOut && once("reached_out")(event),
    I: once("interested"),
    N: once("not_interested"),
  });
  return (
    <div class="stack">
      {error && <ProblemNotice error={error} />}
      <div class="marks" aria-busy={busy}>
        <button
          type="button"
          class="button"
          disabled={!isReady || !canReachOut}
          onClick={() => decide("reached_out")}
        >
          {t.marks.reached_out} <kbd>r</kbd>
        </button>
        <button
          type="button"
          class="button good"
          disabled={!isReady}
          onClick={() => decide("interested")}
        >
          {t.marks.interested} <kbd>I</kbd>
        </button>
        <button
          type="button"
          class="button bad"
          disabled={!isReady}
          onClick={() => decide("not_interested")}
        >
          {t.marks.not_interested} <kbd>N</kbd>
        </button>
      </div>
    </div>
  );
}
