/** Who is free, and who works on what since when. */
import { useEffect, useState } from "preact/hooks";
import { managers } from "../../api/leadwire.ts";
import { may } from "../../api/session.ts";
import type { Availability, Manager, Page } from "../../api/types.ts";
import { Loading, ProblemNotice } from "../../parts/notice.tsx";
import { SearchBox } from "../../parts/search.tsx";
import { useAsked } from "../../parts/use.ts";
import { go, href, place } from "../../router.ts";
import { useChanges } from "../../stream/notice.ts";
import { t } from "../../texts.ts";
import { Found } from "./Found.tsx";
import { AddManager, ChangeManager } from "./ManagerForm.tsx";
import { RemoveManager } from "./RemoveManager.tsx";

const REFRESH_EVERY = 10_000;
const FEW = 100;
/** More a browser does not show well. */
const MOST = 2_000;
const MOST_OF_A_PAGE = 1_000;
/** Milliseconds: many managers are not read again for each of many changes. */
const OF_MANY_AT_MOST_EVERY = 5_000;
const STATES: Availability[] = ["free", "busy", "paused", "removed"];

export function ManagersView() {
  const { query } = place.value;
  const q = query.get("q") ?? "";
  const state = query.get("state") ?? "";
  const [adding, setAdding] = useState(false);
  const [added, setAdded] = useState(0);
  return (
    <div class="stack managers">
      <div class="page-head">
        <h1>{t.views.managers}</h1>
        {may("manageManagers") && (
          <button type="button" class="button main" onClick={() => setAdding(true)}>
            {t.managersView.add}
          </button>
        )}
      </div>
      <Filters q={q} state={state} />
      <List key={`${state} ${q} ${added}`} q={q.trim()} state={state} />
      {adding && (
        <AddManager onClose={() => setAdding(false)} onAdded={() => setAdded(added + 1)} />
      )}
    </div>
  );
}

type Wanted = { q?: string; state?: string };

function List({ q, state }: { q: string; state: string }) {
  const wanted = { ...(q ? { q } : {}), ...(state ? { state } : {}) };
  const [most, setMost] = useState(FEW);
  // Here and not in a row: a row leaves once it does not match, whatever is being typed.
  const [changing, setChanging] = useState<Manager | null>(null);
  const [removing, setRemoving] = useState<Manager | null>(null);
  const { answer, error, again } = useAsked(() => firstOf(wanted, most), [], {
    every: REFRESH_EVERY,
  });
  useEffect(() => {
    if (most > FEW) again();
  }, [most]);
  // Who holds a lead changes with it.
  useChanges({}, again, most > FEW ? OF_MANY_AT_MOST_EVERY : undefined);
  const shown = answer?.items.length ?? 0;
  return (
    <>
      {error && <ProblemNotice error={error} again={again} />}
      {answer === null && error === null && <Loading />}
      {answer && (
        <Found
          page={answer}
          q={q}
          filtered={Object.keys(wanted).length > 0}
          onChanged={again}
          onChange={setChanging}
          onRemove={setRemoving}
        />
      )}
      {changing && (
        <ChangeManager manager={changing} onClose={() => setChanging(null)} onChanged={again} />
      )}
      {removing && (
        <RemoveManager manager={removing} onClose={() => setRemoving(null)} onRemoved={again} />
      )}
      {answer?.next_cursor != null &&
        (shown < MOST ? (
          <button
            type="button"
            class="button self-start"
            disabled={most > FEW}
            onClick={() => setMost(MOST)}
          >
            {most > FEW ? t.loading : t.more}
          </button>
        ) : (
          <p class="soft">{t.managersView.first(shown)}</p>
        ))}
    </>
  );
}

/** The first managers, of as many pages as that takes. */
async function firstOf(wanted: Wanted, most: number): Promise<Page<Manager>> {
  const found = new Map<string, Manager>();
  let cursor: string | undefined;
  do {
    const limit = Math.min(most, MOST_OF_A_PAGE);
    const page = await managers.list({ ...wanted, limit, ...(cursor ? { cursor } : {}) });
    for (const manager of page.items) found.set(manager.id, manager);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined && found.size < most && most > FEW);
  return { items: [...found.values()], next_cursor: cursor ?? null };
}

function choose(name: string, value: string): void {
  const query = new URLSearchParams(place.value.query);
  if (value === "") query.delete(name);
  else query.set(name, value);
  go(href("managers", null, query), { replacing: true });
}

function Filters({ q, state }: { q: string; state: string }) {
  return (
    <search class="filters">
      <SearchBox label={t.managersView.search} value={q} onSearch={(text) => choose("q", text)} />
      <div class="chips" role="group" aria-label={t.managersView.columns.state}>
        {STATES.map((each) => (
          <button
            key={each}
            type="button"
            class="chip"
            aria-pressed={state === each}
            onClick={() => choose("state", state === each ? "" : each)}
          >
            {t.managersView.state[each]}
          </button>
        ))}
      </div>
    </search>
  );
}
