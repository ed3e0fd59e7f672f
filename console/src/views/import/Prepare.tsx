/** Say which column is what, check the file by a dry run, and begin. */
import { useState } from "preact/hooks";
import type { ApiError } from "../../api/errors.ts";
import type { Failure, Receipt } from "../../api/types.ts";
import { Loading, ProblemNotice } from "../../parts/notice.tsx";
import { Typed } from "../../parts/show.tsx";
import { useAsked } from "../../parts/use.ts";
import { go, href } from "../../router.ts";
import { count, t } from "../../texts.ts";
import { faults, type Mapping, recognised } from "./columns.ts";
import { FirstFailures } from "./FirstFailures.tsx";
import { MapColumns } from "./MapColumns.tsx";
import { type Peek, peek } from "./peek.ts";
import { keepRegion, lastRegion, REGIONS } from "./regions.ts";
import { type Sending, Sent, useSending } from "./sending.tsx";

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
      {/* What is being checked is what stands here; what is chosen later is checked anew. */}
      <fieldset class="stack" disabled={sending.doing.busy}>
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
      </fieldset>
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
        <Checked receipt={checked} region={region} sending={sending} onBegin={begin} />
      )}
    </>
  );
}

interface CheckedProps {
  receipt: Receipt;
  /** Where numbers without + are from; empty if nowhere. */
  region: string;
  sending: Sending;
  onBegin: () => void;
}

/** What the dry run said. */
function Checked({ receipt, region, sending, onBegin }: CheckedProps) {
  const { imported, failed, failures, error } = receipt;
  const lacksRegion = region === "" && failures.some(isOfSomewhere);
  return (
    <div class="stack" role="status">
      <h3>{t.importView.checked}</h3>
      {error && <p class="notice bad">{error.detail}</p>}
      <p class="line verdict">
        <span class="pill interested">{t.importView.wouldImport(imported)}</span>
        {failed > 0 && <span class="pill not_interested">{t.importView.wouldFail(failed)}</span>}
      </p>
      {lacksRegion && <p class="notice wait">{t.importView.regionMissing}</p>}
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

/** Whether a number failed that would be one in some country: without +, and long enough. */
const isOfSomewhere = ({ codes, cellphone }: Failure) =>
  codes.includes("cellphone_invalid") && /^[^+\d]*(\d\D*){6}/.test(cellphone ?? "");

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
