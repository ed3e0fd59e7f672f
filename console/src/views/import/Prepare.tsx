/** Say which column is what, check the file by a dry run, and begin. */
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../../api/errors.ts";
import { newKey } from "../../api/request.ts";
import type { Receipt } from "../../api/types.ts";
import { upload } from "../../api/upload.ts";
import { Loading, ProblemNotice, toast } from "../../parts/notice.tsx";
import { Typed } from "../../parts/show.tsx";
import { type Doing, useAsked, useDoing } from "../../parts/use.ts";
import { go, href } from "../../router.ts";
import { count, t } from "../../texts.ts";
import { asQuery, faults, type Mapping, recognised } from "./columns.ts";
import { FirstFailures } from "./FirstFailures.tsx";
import { MapColumns } from "./MapColumns.tsx";
import { type Peek, peek } from "./peek.ts";
import { keepRegion, lastRegion, REGIONS } from "./regions.ts";

interface PrepareProps {
  file: File;
  onOther: () => void;
}

export function Prepare({ file, onOther }: PrepareProps) {
  const { answer, error } = useAsked(() => peek(file), [file]);
  return (
    <section class="card padded stack">
      <div class="line apart">
        <h2 class="clip">
          <Typed text={file.name} />
        </h2>
        <button type="button" class="button quiet tight" onClick={onOther}>
          {t.importView.other}
        </button>
      </div>
      {error && <p class="notice bad">{t.importView.unreadable}</p>}
      {answer === null && error === null && <Loading />}
      {answer?.isText && <Settle file={file} peeked={answer} />}
      {answer?.isText === false && (
        <p class="notice bad" role="alert">
          {t.importView.notText}
        </p>
      )}
    </section>
  );
}

function Settle({ file, peeked }: { file: File; peeked: Peek }) {
  const [mapping, setMapping] = useState<Mapping>(() => recognised(peeked.headers ?? []));
  const [region, setRegion] = useState(lastRegion);
  const [checked, setChecked] = useState<Receipt | null>(null);
  const sending = useSending(file, peeked, mapping, region);
  const { missing, twice } = faults(mapping);
  const isSettled = peeked.headers === null || (missing.length === 0 && !twice);

  const change = (action: () => void) => {
    action();
    setChecked(null);
    sending.doing.clear();
  };
  const check = () => sending.send({ dry_run: true }, {}, setChecked);
  const begin = () =>
    sending.send({}, { Prefer: "respond-async", "Idempotency-Key": sending.key }, (receipt) =>
      go(href("import", receipt.id)),
    );

  return (
    <>
      {peeked.headers === null ? (
        <p class="soft">{t.importView.noColumns}</p>
      ) : (
        <MapColumns
          headers={peeked.headers}
          rows={peeked.rows}
          mapping={mapping}
          onChange={(next) => change(() => setMapping(next))}
        />
      )}
      <label class="field region">
        <span>{t.importView.region}</span>
        <select
          class="input"
          value={region}
          onChange={({ currentTarget: { value } }) =>
            change(() => {
              keepRegion(value);
              setRegion(value);
            })
          }
        >
          <option value="">{t.importView.regionNone}</option>
          {REGIONS.map(({ code, name }) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {peeked.contentType === "text/csv" && peeked.headers?.some((each) => each.includes("@")) && (
        <p class="notice wait">{t.importView.noHeader}</p>
      )}
      {twice && <p class="notice wait">{t.importView.twice}</p>}
      {peeked.headers !== null && missing.length > 0 && (
        <p class="notice wait">
          {t.importView.missing(missing.map((field) => t.importView.fields[field] ?? field))}
        </p>
      )}
      {sending.doing.error && <Refusal error={sending.doing.error} again={check} />}
      {checked === null ? (
        <div class="line">
          <button
            type="button"
            class="button main"
            disabled={!isSettled || sending.doing.busy}
            onClick={check}
          >
            {sending.doing.busy ? t.importView.checking : t.importView.check}
          </button>
          <Sent sending={sending} />
          <span class="soft small">{t.importView.checkText}</span>
        </div>
      ) : (
        <Checked receipt={checked} sending={sending} onBegin={begin} />
      )}
    </>
  );
}

interface Sending {
  doing: Doing;
  /** The name of the import: a second try of the same file is not a second import. */
  key: string;
  /** From 0 to 1. */
  sent: number;
  send: (
    query: { dry_run?: boolean },
    headers: Record<string, string>,
    then: (receipt: Receipt) => void,
  ) => Promise<void>;
  stop: () => void;
}

function useSending(file: File, peeked: Peek, mapping: Mapping, region: string): Sending {
  const doing = useDoing();
  const [sent, setSent] = useState(0);
  const settled = JSON.stringify([mapping, region]);
  const key = useRef({ of: "", key: "" });
  if (key.current.of !== settled) key.current = { of: settled, key: newKey() };
  const controller = useRef<AbortController | null>(null);
  useEffect(() => () => leave(controller.current), []);
  useEffect(() => {
    if (!doing.busy) return;
    // The browser asks whether to leave the page, as that would stop what is being sent.
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [doing.busy]);

  const send: Sending["send"] = (query, headers, then) =>
    doing.run(async () => {
      controller.current = new AbortController();
      setSent(0);
      try {
        const receipt = await upload<Receipt>("/v1/imports", {
          query: {
            ...query,
            region: region || null,
            map: peeked.headers === null ? [] : asQuery(mapping),
          },
          headers: {
            "Content-Type": peeked.contentType,
            ...(peeked.packed ? { "Content-Encoding": "gzip" } : {}),
            ...headers,
          },
          file,
          signal: controller.current.signal,
          onSent: setSent,
        });
        then(receipt);
      } catch (error) {
        if (!(error instanceof ApiError && error.code === "aborted")) throw error;
      } finally {
        controller.current = null;
      }
    });
  return { doing, key: key.current.key, sent, send, stop: () => controller.current?.abort() };
}

function leave(sending: AbortController | null): void {
  if (sending === null) return;
  sending.abort();
  toast(t.importView.leftWhileSending);
}

function Sent({ sending }: { sending: Sending }) {
  if (!sending.doing.busy) return null;
  return (
    <>
      <span class="number" role="status">
        {sending.sent < 1
          ? t.importView.sending(Math.round(sending.sent * 100))
          : t.importView.sentAll}
      </span>
      <button type="button" class="button quiet tight" onClick={sending.stop}>
        {t.cancel}
      </button>
    </>
  );
}

interface CheckedProps {
  receipt: Receipt;
  sending: Sending;
  onBegin: () => void;
}

/** What the dry run said. */
function Checked({ receipt, sending, onBegin }: CheckedProps) {
  const { imported, failed, failures, error } = receipt;
  return (
    <div class="stack" role="status">
      <h3>{t.importView.checked}</h3>
      {error && <p class="notice bad">{error.detail}</p>}
      <p class="line verdict">
        <span class="pill interested">{t.importView.wouldImport(imported)}</span>
        {failed > 0 && <span class="pill not_interested">{t.importView.wouldFail(failed)}</span>}
      </p>
      {failures.length > 0 && <FirstFailures failures={failures} />}
      {imported > 0 ? (
        <div class="line">
          <button type="button" class="button main" disabled={sending.doing.busy} onClick={onBegin}>
            {t.importView.start(imported)}
          </button>
          <Sent sending={sending} />
        </div>
      ) : (
        <p class="notice wait">{t.importView.nothingToImport}</p>
      )}
    </div>
  );
}

function Refusal({ error, again }: { error: ApiError; again: () => void }) {
  const found = error.extra["headers_found"];
  return (
    <div class="stack tight">
      <ProblemNotice error={error} again={error.passes ? again : undefined} />
      {Array.isArray(found) && (
        <p class="small break">
          {t.importView.headersFound} {found.map(String).join(", ") || count(0)}
        </p>
      )}
    </div>
  );
}
