/** Requeue all that is parked, as after what held it up is mended. */
import { operations, type Service } from "../../api/leadwire.ts";
import { ProblemNotice, toast } from "../../parts/notice.tsx";
import { useDoing } from "../../parts/use.ts";
import { t } from "../../texts.ts";

interface RequeueAllProps {
  /** Those that have something parked. */
  services: readonly Service[];
  onDecided: () => void;
}

export function RequeueAll({ services, onDecided }: RequeueAllProps) {
  const { busy, error, run } = useDoing();
  const requeue = () =>
    run(async () => {
      try {
        for (const service of services) await requeueOf(service);
      } finally {
        onDecided();
      }
    });
  return (
    <>
      <button type="button" class="button tight" disabled={busy} onClick={requeue}>
        {t.flow.requeueAll}
      </button>
      {error && <ProblemNotice error={error} />}
    </>
  );
}

/** Batch by batch: what fails again meanwhile stands behind them, so that there is a last one. */
async function requeueOf(service: Service): Promise<void> {
  let cursor: string | null = null;
  let requeued = 0;
  let refused = 0;
  do {
    const batch: Awaited<ReturnType<typeof operations.requeueSome>> = await operations.requeueSome(
      service,
      cursor,
    );
    requeued += batch.requeued;
    refused += batch.refused.length;
    cursor = batch.next_cursor;
  } while (cursor !== null);
  toast(t.flow.requeuedMany(service, requeued, refused));
}
