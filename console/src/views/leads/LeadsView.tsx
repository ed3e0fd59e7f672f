/** All leads that match, live. */

import { link } from "../../api/link.ts";
import { may } from "../../api/session.ts";
import { LeadsIcon } from "../../parts/icons.tsx";
import { Empty, Loading, ProblemNotice } from "../../parts/notice.tsx";
import { go, href, place } from "../../router.ts";
import { t } from "../../texts.ts";
import { Details } from "./Details.tsx";
import { FilterBar } from "./FilterBar.tsx";
import { filtersOf, searchOf, sortOf } from "./filters.ts";
import { type Live, useLive } from "./live.ts";
import { Rows } from "./Rows.tsx";
import { MOST_ROWS } from "./table.ts";

export function LeadsView() {
  const { id, query } = place.value;
  const sort = sortOf(query);
  const live = useLive(filtersOf(query), searchOf(query), sort);
  const { table } = live;
  const row = id === null ? undefined : table.lead(id);
  return (
    <div class={id === null ? "leads" : "leads with-details"}>
      <div class="page-head">
        <h1>{t.views.leads}</h1>
        <Sum live={live} />
      </div>
      <FilterBar query={query} />
      {live.error && <ProblemNotice error={live.error} />}
      <Silent live={live} />
      {table.full && <p class="notice wait">{t.leadsView.full(MOST_ROWS)}</p>}
      <div class="leads-body">
        {table.length > 0 ? (
          <Rows
            table={table}
            sort={sort}
            open={id}
            onOpen={(chosen) => go(href("leads", chosen, query), { replacing: id !== null })}
          />
        ) : (
          <None live={live} query={query} />
        )}
        {id !== null && (
          <Details key={id} id={id} row={row} onClose={() => go(href("leads", null, query))} />
        )}
      </div>
    </div>
  );
}

/** How many there are, and whether more are on their way. */
function Sum({ live: { table, link, error } }: { live: Live }) {
  if (error !== null) return null;
  const { size, length, synced } = table;
  const says = !synced
    ? t.leadsView.loading(size)
    : length < size
      ? t.leadsView.ofAll(length, size)
      : t.leadsView.shown(size);
  return (
    <p class="soft number" role="status" aria-busy={!synced}>
      {link === "away" ? `${t.link.away} · ${says}` : says}
    </p>
  );
}

/** Leadwire answers, but the stream does not. */
function Silent({ live }: { live: Live }) {
  if (live.link !== "away" || live.error !== null || link.value === "away") return null;
  return (
    <p class="notice wait" role="alert">
      {t.leadsView.away}
    </p>
  );
}

function None({ live, query }: { live: Live; query: URLSearchParams }) {
  if (live.error !== null) return null;
  if (!live.table.synced) return <Loading />;
  const filtered = searchOf(query) !== "" || Object.keys(filtersOf(query)).length > 0;
  return (
    <div class="card">
      {filtered ? (
        <Empty icon={<LeadsIcon />} title={t.leadsView.nothing} text={t.leadsView.nothingText} />
      ) : (
        <Empty icon={<LeadsIcon />} title={t.leadsView.empty} text={t.leadsView.emptyText}>
          {may("import") && (
            <a class="button main" href={href("import")}>
              {t.leadsView.toImport}
            </a>
          )}
        </Empty>
      )}
    </div>
  );
}
