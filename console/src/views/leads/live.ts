/** Keep a table of leads by the stream, for as long as its view is shown. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { ApiError } from "../../api/errors.ts";
import type { Filters } from "../../api/leadwire.ts";
import { whenBack } from "../../api/link.ts";
import type { LeadRow } from "../../api/types.ts";
import { audience } from "../../stream/attention.ts";
import { follow, type Link } from "../../stream/follow.ts";
import { openLeads } from "../../stream/leads.ts";
import { FIELDS, LeadTable, type Sort } from "./table.ts";

/** What is shown is brought up to date only so often, in milliseconds: while a snapshot comes, else. */
const WHILE_LOADING = 250;
const WHILE_LIVE = 80;

export interface Live {
  table: LeadTable;
  link: Link;
  error: ApiError | null;
}

export function useLive(filters: Filters, search: string, sort: Sort): Live {
  const key = JSON.stringify(filters);
  const table = useRef(new LeadTable());
  const [state, setState] = useState<{ link: Link; error: ApiError | null }>({
    link: "connecting",
    error: null,
  });
  const redraw = useRedraw();

  useEffect(() => {
    const controller = new AbortController();
    const mine = new LeadTable();
    table.current = mine;
    setState({ link: "connecting", error: null });
    let due: ReturnType<typeof setTimeout> | undefined;
    let drawnAt = 0;
    const draw = () => {
      due = undefined;
      drawnAt = performance.now();
      redraw();
    };
    const drawSoon = () => {
      const pause = mine.synced ? WHILE_LIVE : WHILE_LOADING;
      // A single change is shown at once; of many those that come together.
      due ??= setTimeout(draw, Math.max(0, drawnAt + pause - performance.now()));
    };
    void follow<LeadRow>(
      openLeads(JSON.parse(key), FIELDS),
      {
        changed: (changes) => {
          mine.apply(changes, Date.now());
          drawSoon();
        },
        linked: (link) => setState((old) => (old.link === link ? old : { ...old, link })),
        failed: (error) => setState({ link: "away", error }),
      },
      { signal: controller.signal, audience, woken: whenBack },
    );
    return () => {
      controller.abort();
      clearTimeout(due);
    };
  }, [key, redraw]);

  useEffect(() => {
    const mine = table.current;
    let due: ReturnType<typeof setTimeout> | undefined;
    const proceed = () => {
      if (mine.proceed()) due = setTimeout(proceed);
      else redraw();
    };
    mine.arrange(search, sort);
    proceed();
    return () => clearTimeout(due);
  }, [key, search, sort, redraw]);

  return { table: table.current, ...state };
}

function useRedraw(): () => void {
  const [, setTimes] = useState(0);
  return useCallback(() => setTimes((times) => times + 1), []);
}
