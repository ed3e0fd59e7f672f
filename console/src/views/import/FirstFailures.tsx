/** The first rows that failed, and why. */
import { useState } from "preact/hooks";
import type { Failure } from "../../api/types.ts";
import { Typed } from "../../parts/show.tsx";
import { count, t } from "../../texts.ts";

const FEW = 5;
const STEP = 50;

export function FirstFailures({ failures }: { failures: readonly Failure[] }) {
  const [most, setMost] = useState(FEW);
  return (
    <div class="stack tight">
      <h3>{t.importView.first}</h3>
      <div class="card plain-table failures">
        <table>
          <thead>
            <tr>
              <th scope="col" class="amount">
                {t.importView.row}
              </th>
              <th scope="col">{t.importView.values}</th>
              <th scope="col">{t.importView.reason}</th>
            </tr>
          </thead>
          <tbody>
            {failures.slice(0, most).map((failure) => (
              <tr key={failure.row}>
                <td class="amount">{count(failure.row)}</td>
                <td class="values">
                  <Typed text={valuesOf(failure)} breaks />
                </td>
                <td class="break">{failure.reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {failures.length > most && (
        <button type="button" class="button tight self-start" onClick={() => setMost(most + STEP)}>
          {t.more}
        </button>
      )}
    </div>
  );
}

const valuesOf = ({ name, family_name, email, cellphone }: Failure) =>
  [name, family_name, email, cellphone].filter((each) => each).join(" · ");
