/** Search and filters above the table. */
import { leads, managers } from "../../api/leadwire.ts";
import { me } from "../../api/session.ts";
import { STATUSES } from "../../api/types.ts";
import { CloseIcon } from "../../parts/icons.tsx";
import { SearchBox } from "../../parts/search.tsx";
import { Typed } from "../../parts/show.tsx";
import { useAsked } from "../../parts/use.ts";
import { capped, STATUS, t } from "../../texts.ts";
import { choose, filtersOf, searchOf, toggled } from "./filters.ts";

const COUNT_EVERY = 10_000;

const ORIGINS = ["import", "form", "api"];
/** In the choice of assignees: whoever looks. */
const ME = "me";

export function FilterBar({ query }: { query: URLSearchParams }) {
  const { status = "", assigned = "", origin = "", manager_id = "" } = filtersOf(query);
  const own = me.value?.manager_id ?? null;
  const isOwn = own !== null && manager_id === own;
  const filtered = [...query.keys()].some((name) => name !== "sort");
  return (
    <search class="filters">
      <SearchBox
        label={t.leadsView.search}
        value={searchOf(query)}
        onSearch={(q) => choose({ q })}
      />
      <StatusChips query={query} chosen={status} />
      <select
        class="input"
        aria-label={t.leadsView.assigned}
        value={isOwn ? ME : assigned}
        onChange={({ currentTarget: { value } }) =>
          choose(
            value === ME
              ? { assigned: "", manager_id: own ?? "" }
              : { assigned: value, ...(isOwn ? { manager_id: "" } : {}) },
          )
        }
      >
        <option value="">{t.leadsView.assignedAny}</option>
        {own !== null && <option value={ME}>{t.leadsView.assignedToMe}</option>}
        <option value="true">{t.leadsView.assignedYes}</option>
        <option value="false">{t.leadsView.assignedNo}</option>
      </select>
      <select
        class="input"
        aria-label={t.leadsView.origin}
        value={origin}
        onChange={(event) => choose({ origin: event.currentTarget.value })}
      >
        <option value="">{t.leadsView.originAny}</option>
        {ORIGINS.map((each) => (
          <option key={each} value={each}>
            {t.lead.from[each]}
          </option>
        ))}
      </select>
      <Others query={query} but={isOwn ? "manager_id" : null} />
      {filtered && (
        <button
          type="button"
          class="button quiet tight"
          onClick={() => choose(Object.fromEntries([...query.keys()].map((name) => [name, ""])))}
        >
          {t.leadsView.clear}
        </button>
      )}
    </search>
  );
}

/** One or several statuses, each with how many leads have it. */
function StatusChips({ query, chosen }: { query: URLSearchParams; chosen: string }) {
  const { status: _, ...others } = filtersOf(query);
  const { answer } = useAsked(() => leads.count(others), [JSON.stringify(others)], {
    every: COUNT_EVERY,
  });
  return (
    <div class="chips" role="group" aria-label={t.leadsView.status}>
      {STATUSES.map((status) => (
        <button
          key={status}
          type="button"
          class="chip"
          aria-pressed={chosen.split(",").includes(status)}
          onClick={() => choose({ status: toggled(chosen, status) })}
        >
          {STATUS[status]}{" "}
          <span class="number">{answer && capped(answer.by_status[status] ?? 0)}</span>
        </button>
      ))}
    </div>
  );
}

/** Filters that came by a link, each of which can be taken away. */
function Others({ query, but }: { query: URLSearchParams; but: string | null }) {
  const names = Object.keys(t.leadsView.others).filter((name) => name !== but && query.get(name));
  return names.map((name) => <Other key={name} name={name} value={query.get(name) ?? ""} />);
}

function Other({ name, value }: { name: string; value: string }) {
  const { answer } = useAsked(
    async () => (name === "manager_id" ? (await managers.read(value)).name : value),
    [name, value],
  );
  const says = t.leadsView.others[name]?.(answer ?? value) ?? value;
  return (
    <button
      type="button"
      class="chip other"
      aria-pressed="true"
      aria-label={t.leadsView.clearOne(says)}
      title={t.leadsView.clearOne(says)}
      onClick={() => choose({ [name]: "" })}
    >
      <Typed text={says} /> <CloseIcon />
    </button>
  );
}
