/** What became of an import: how far it is, then the account of every row. */
import { imports } from "../../api/leadwire.ts";
import { may } from "../../api/session.ts";
import type { Receipt } from "../../api/types.ts";
import { saveFile } from "../../parts/files.ts";
import { Loading, ProblemNotice } from "../../parts/notice.tsx";
import { Moment } from "../../parts/show.tsx";
import { useAsked, useDoing, useEvery } from "../../parts/use.ts";
import { href } from "../../router.ts";
import { count, t } from "../../texts.ts";
import { FirstFailures } from "./FirstFailures.tsx";
import { reasonsOf } from "./reasons.ts";

const WHILE_RUNNING = 1_000;

interface ReceiptOfProps {
  id: string;
  onAnother: () => void;
}

export function ReceiptOf({ id, onAnother }: ReceiptOfProps) {
  const receipt = useReceipt(id);
  if (receipt.error?.status === 404 || receipt.error?.status === 400) {
    return <p class="notice wait">{t.importView.lost}</p>;
  }
  return (
    <section class="card padded stack" aria-label={t.importView.receipt}>
      {receipt.error && <ProblemNotice error={receipt.error} again={receipt.again} />}
      {receipt.answer === null && receipt.error === null && <Loading />}
      {receipt.answer?.status === "running" && (
        <Running receipt={receipt.answer} onCancelled={receipt.set} />
      )}
      {receipt.answer && receipt.answer.status !== "running" && (
        <Ended receipt={receipt.answer} onAnother={onAnother} />
      )}
    </section>
  );
}

/** A receipt, asked for again and again until the import has ended. */
function useReceipt(id: string) {
  const asked = useAsked(() => imports.read(id), [id]);
  const running = asked.answer === null || asked.answer.status === "running";
  useEvery(running ? WHILE_RUNNING : 0, asked.again);
  return asked;
}

interface RunningProps {
  receipt: Receipt;
  onCancelled: (receipt: Receipt) => void;
}

function Running({ receipt, onCancelled }: RunningProps) {
  const { busy, error, run } = useDoing();
  const progress = receipt.progress;
  const total = progress?.bytes_total ?? 0;
  const part = progress !== null && total > 0 ? progress.bytes_done / total : 0;
  return (
    <>
      <div class="line apart">
        <h2>{t.importView.running}</h2>
        <button
          type="button"
          class="button tight"
          disabled={busy}
          onClick={() => run(async () => onCancelled(await imports.cancel(receipt.id)))}
        >
          {t.importView.cancel}
        </button>
      </div>
      <div
        class="bar"
        role="progressbar"
        aria-label={t.importView.running}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(part * 100)}
      >
        <div style={{ width: `${part * 100}%` }} />
      </div>
      <p class="line soft number">
        <span>{Math.round(part * 100)}%</span>
        {progress?.rows_per_second != null && (
          <span>{t.importView.rate(progress.rows_per_second)}</span>
        )}
        {progress?.seconds_left != null && <span>{t.importView.left(progress.seconds_left)}</span>}
      </p>
      <Sums receipt={receipt} />
      {error && <ProblemNotice error={error} />}
    </>
  );
}

function Ended({ receipt, onAnother }: { receipt: Receipt; onAnother: () => void }) {
  const { busy, error, run } = useDoing();
  const download = () =>
    run(async () => saveFile(await imports.failures(receipt.id, "text/csv"), "failures.csv"));
  return (
    <>
      <div class="line apart">
        <h2>{t.importView.receipt}</h2>
        <span class={`pill ${receipt.status}`}>{t.importView.status[receipt.status]}</span>
      </div>
      {receipt.error && <p class="notice bad">{receipt.error.detail}</p>}
      <Sums receipt={receipt} />
      {receipt.failed > 0 && <Reasons receipt={receipt} />}
      {receipt.failures.length > 0 && <FirstFailures failures={receipt.failures} />}
      {receipt.status === "completed" && receipt.failed === 0 && receipt.received > 0 && (
        <p class="notice good">{t.importView.allWell}</p>
      )}
      {error && <ProblemNotice error={error} again={download} />}
      <div class="line">
        {receipt.failed > 0 && (
          <button type="button" class="button" disabled={busy} onClick={download}>
            {busy ? t.importView.downloading : t.importView.download}
          </button>
        )}
        {receipt.imported > 0 && may("readLeads") && (
          <a
            class="button"
            href={href("leads", null, new URLSearchParams({ import_id: receipt.id }))}
          >
            {t.importView.showLeads}
          </a>
        )}
        <a class="button quiet" href={href("import")} onClick={onAnother}>
          {t.importView.another}
        </a>
      </div>
      <p class="soft small">
        {t.importView.started} <Moment at={receipt.started_at} />
      </p>
    </>
  );
}

/** Rows, and in which of two places each ended. */
function Sums({ receipt }: { receipt: Receipt }) {
  const sums: [string, number, string][] = [
    [t.importView.received, receipt.received, ""],
    [t.importView.imported, receipt.imported, "good"],
    [t.importView.failed, receipt.failed, receipt.failed > 0 ? "bad" : ""],
  ];
  return (
    <dl class="sums">
      {sums.map(([name, value, kind]) => (
        <div key={name} class={kind}>
          <dt>{name}</dt>
          <dd>{count(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Reasons({ receipt }: { receipt: Receipt }) {
  const { answer, error, again } = useAsked(() => reasonsOf(receipt), [receipt.id, receipt.failed]);
  if (error) return <ProblemNotice error={error} again={again} />;
  if (answer === null) return <p class="soft">{t.importView.counting}</p>;
  const most = answer.byCode[0]?.[1] ?? 1;
  return (
    <figure class="stack tight">
      <figcaption>
        <h3>{t.importView.reasons}</h3>
        {answer.of < receipt.failed && (
          <p class="soft small">{t.importView.reasonsOf(answer.of)}</p>
        )}
      </figcaption>
      <ul class="chart">
        {answer.byCode.map(([code, failures]) => (
          <li key={code}>
            <span>{t.importView.codes[code] ?? code}</span>
            <span class="chart-bar">
              <span style={{ width: `${(failures / most) * 100}%` }} />
            </span>
            <span class="amount">{count(failures)}</span>
          </li>
        ))}
      </ul>
    </figure>
  );
}
