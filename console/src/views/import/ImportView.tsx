/** Bring leads in by a file: choose, look, check, import, and see what became of each row. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { imports } from "../../api/leadwire.ts";
import { Loading, ProblemNotice } from "../../parts/notice.tsx";
import { Ago } from "../../parts/show.tsx";
import { useAsked } from "../../parts/use.ts";
import { href, place } from "../../router.ts";
import { count, t } from "../../texts.ts";
import { DropZone } from "./DropZone.tsx";
import { Prepare } from "./Prepare.tsx";
import { ReceiptOf } from "./Receipt.tsx";

const EVERY = 3_000;

export function ImportView() {
  const { id } = place.value;
  const [file, setFile] = useState<File | null>(null);
  if (file !== null && id === null) {
    return (
      <Page>
        <Prepare
          key={`${file.name} ${file.lastModified}`}
          file={file}
          onOther={() => setFile(null)}
        />
      </Page>
    );
  }
  return (
    <Page>
      {id === null ? (
        <DropZone onFile={setFile} />
      ) : (
        <ReceiptOf key={id} id={id} onAnother={() => setFile(null)} />
      )}
      <Earlier current={id} />
    </Page>
  );
}

function Page({ children }: { children: ComponentChildren }) {
  return (
    <div class="stack import">
      <div class="page-head">
        <h1>{t.views.import}</h1>
      </div>
      {children}
    </div>
  );
}

function Earlier({ current }: { current: string | null }) {
  const { answer, error, again } = useAsked(imports.list, [current], { every: EVERY });
  if (error) return <ProblemNotice error={error} again={again} />;
  if (answer === null) return <Loading />;
  return (
    <section class="stack tight">
      <h2>{t.importView.earlier}</h2>
      {answer.items.length === 0 ? (
        <p class="soft">{t.importView.noEarlier}</p>
      ) : (
        <div class="card plain-table">
          <table>
            <thead>
              <tr>
                <th scope="col">{t.importView.started}</th>
                <th scope="col">{t.managersView.columns.state}</th>
                <th scope="col" class="amount">
                  {t.importView.received}
                </th>
                <th scope="col" class="amount">
                  {t.importView.imported}
                </th>
                <th scope="col" class="amount">
                  {t.importView.failed}
                </th>
              </tr>
            </thead>
            <tbody>
              {answer.items.map((each) => (
                <tr key={each.id} aria-current={each.id === current || undefined}>
                  <td>
                    <a href={href("import", each.id)}>
                      <Ago at={each.started_at} />
                    </a>
                  </td>
                  <td>
                    <span class={`pill ${each.status}`}>{t.importView.status[each.status]}</span>
                  </td>
                  <td class="amount">{count(each.received)}</td>
                  <td class="amount">{count(each.imported)}</td>
                  <td class="amount">{count(each.failed)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {answer.next_cursor !== null && (
        <p class="soft small">{t.importView.newest(answer.items.length)}</p>
      )}
    </section>
  );
}
