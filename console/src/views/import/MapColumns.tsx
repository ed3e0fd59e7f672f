/** Which column of the file is which field, beside its first rows. */
import { Typed } from "../../parts/show.tsx";
import { t } from "../../texts.ts";
import { FIELDS, type Field, type Mapping, simplified } from "./columns.ts";

interface MapColumnsProps {
  headers: readonly string[];
  rows: readonly string[][];
  mapping: Mapping;
  onChange: (mapping: Mapping) => void;
}

export function MapColumns({ headers, rows, mapping, onChange }: MapColumnsProps) {
  const names = distinct(headers);
  return (
    <div class="stack tight">
      <h3>{t.importView.columns}</h3>
      <p class="soft small">{t.importView.columnsText}</p>
      <div class="plain-table">
        <table class="mapping">
          <tbody>
            {FIELDS.map((field) => (
              <tr key={field}>
                <th scope="row" id={`field-${field}`}>
                  {t.importView.fields[field]}
                </th>
                <td>
                  <select
                    class="input"
                    aria-labelledby={`field-${field}`}
                    value={mapping[field]}
                    onChange={(event) =>
                      onChange({ ...mapping, [field]: event.currentTarget.value })
                    }
                  >
                    <option value="">{t.importView.notChosen}</option>
                    {names.map((name) => (
                      <option key={name} value={name}>
                        {name}
                      </option>
                    ))}
                  </select>
                </td>
                <Samples field={field} headers={headers} rows={rows} mapping={mapping} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

interface SamplesProps {
  field: Field;
  headers: readonly string[];
  rows: readonly string[][];
  mapping: Mapping;
}

/** What the chosen column holds in the first rows. */
function Samples({ field, headers, rows, mapping }: SamplesProps) {
  const at = headers.indexOf(mapping[field]);
  return rows.map((row, index) => (
    <td key={index} class="sample soft small">
      {at !== -1 && <Typed text={row[at] ?? ""} />}
    </td>
  ));
}

/** Headers that can be chosen: named, and of those that are the same the first. */
function distinct(headers: readonly string[]): string[] {
  const first = new Map<string, string>();
  for (const header of headers) {
    const name = simplified(header);
    if (name !== "" && !first.has(name)) first.set(name, header);
  }
  return [...first.values()];
}
