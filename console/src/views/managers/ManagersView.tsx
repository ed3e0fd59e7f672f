/** Who is free, and who works on what since when. */
import { useRef, useState } from "preact/hooks";
import { managers } from "../../api/leadwire.ts";
import { may } from "../../api/session.ts";
import type { Availability, Manager } from "../../api/types.ts";
import { useKeys } from "../../frame/keys.ts";
import { Loading, ProblemNotice } from "../../parts/notice.tsx";
import { useAsked, useDoing } from "../../parts/use.ts";
import { go, href, place } from "../../router.ts";
import { useChanges } from "../../stream/notice.ts";
import { t } from "../../texts.ts";
import { AddManager } from "./AddManager.tsx";
import { Found } from "./Found.tsx";

const REFRESH_EVERY = 10_000;
const MOST_MORE = 2_000;
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

function List({ q, state }: { q: string; state: string }) {
  const wanted = { ...(q ? { q } : {}), ...(state ? { state } : {}) };
  const [more, setMore] = useState<Manager[]>([]);
  const { answer, error, again } = useAsked(() => managers.list(wanted), [], {
    every: REFRESH_EVERY,
  });
  // Who holds a lead changes with it.
  useChanges({}, again);
  const changed = () => {
    setMore([]);
    again();
  };
  return (
    <>
      {error && <ProblemNotice error={error} again={again} />}
      {answer === null && error === null && <Loading />}
      {answer && (
        <Found
          page={answer}
          more={more}
          filtered={Object.keys(wanted).length > 0}
          onChanged={changed}
        />
      )}
      {answer?.next_cursor != null && more.length === 0 && (
        <More load={() => allAfter(answer.next_cursor, wanted)} onLoaded={setMore} />
      )}
    </>
  );
}

/** The managers of all further pages, but no more than a browser shows well. */
async function allAfter(
  cursor: string | null,
  query: { q?: string; state?: string },
): Promise<Manager[]> {
  const found: Manager[] = [];
  let next = cursor;
  while (next !== null && found.length < MOST_MORE) {
    const page = await managers.list({ ...query, limit: 1000, cursor: next });
    found.push(...page.items);
    next = page.next_cursor;
  }
  return found;
}

function More({
  load,
  onLoaded,
}: {
  load: () => Promise<Manager[]>;
  onLoaded: (all: Manager[]) => void;
}) {
  const { busy, error, run } = useDoing();
  return (
    <>
      {error && <ProblemNotice error={error} />}
      <button
        type="button"
        class="button self-start"
        disabled={busy}
        onClick={() => run(async () => onLoaded(await load()))}
      >
        {t.more}
      </button>
    </>
  );
}

function choose(name: string, value: string): void {
  const query = new URLSearchParams(place.value.query);
  if (value === "") query.delete(name);
  else query.set(name, value);
  go(href("managers", null, query), { replacing: true });
}

function Filters({ q, state }: { q: string; state: string }) {
  const search = useRef<HTMLInputElement>(null);
  useKeys({ "/": () => search.current?.focus() });
  return (
    <search class="filters">
      <input
        ref={search}
        class="input"
        type="search"
        aria-label={t.managersView.search}
        aria-keyshortcuts="/"
        placeholder={t.managersView.search}
        value={q}
        dir="auto"
        maxLength={200}
        onInput={(event) => choose("q", event.currentTarget.value)}
      />
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
