/** The whole page: who looks, where he is, and the view that belongs there. */
import type { FunctionComponent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { link, nextTryAt } from "../api/link.ts";
import { learnWho, me } from "../api/session.ts";
import { loggedOut } from "../api/token.ts";
import { now } from "../parts/clock.ts";
import { beginChord, endChord, useKeys } from "../parts/keys.ts";
import { Loading, ProblemNotice, Toasts } from "../parts/notice.tsx";
import { useAsked } from "../parts/use.ts";
import { go, href, place, type View } from "../router.ts";
import { t } from "../texts.ts";
import { FlowView } from "../views/flow/FlowView.tsx";
import { ImportView } from "../views/import/ImportView.tsx";
import { LeadsView } from "../views/leads/LeadsView.tsx";
import { ManagersView } from "../views/managers/ManagersView.tsx";
import { WorkView } from "../views/work/WorkView.tsx";
import { Ending } from "./Ending.tsx";
import { Help } from "./Help.tsx";
import { LogIn, LogInAgain } from "./LogIn.tsx";
import { allowedViews, Rail } from "./Rail.tsx";

const SHOWN: Record<View, FunctionComponent> = {
  work: WorkView,
  leads: LeadsView,
  import: ImportView,
  managers: ManagersView,
  flow: FlowView,
};

export function App() {
  const { error, again } = useAsked(learnWho, []);
  if (me.value !== null) {
    return (
      <>
        {/* Nothing that somebody was at is left to somebody else. */}
        <Console key={me.value.name} />
        {loggedOut.value && <LogInAgain onClose={null} />}
      </>
    );
  }
  if (loggedOut.value) return <LogIn />;
  return (
    <main class="log-in" id="main">
      {error ? <ProblemNotice error={error} again={again} /> : <Loading />}
    </main>
  );
}

function Console() {
  const [help, setHelp] = useState(false);
  const main = useRef<HTMLElement>(null);
  const allowed = allowedViews();
  const wanted = place.value.view ?? allowed[0] ?? null;
  const view = wanted !== null && allowed.includes(wanted) ? wanted : null;
  useTitleAndFocus(view, main);
  const desk = useDesk();
  useShortcuts(allowed, desk, () => setHelp(true));
  const Shown = view === null ? null : SHOWN[view];
  return (
    <div class="frame">
      <button type="button" class="button main skip" onClick={() => main.current?.focus()}>
        {t.skip}
      </button>
      <Rail current={view} desk={desk} onHelp={() => setHelp(true)} />
      <main id="main" ref={main} tabIndex={-1}>
        <Away />
        <Ending />
        {Shown ? <Shown key={view} /> : <p class="notice">{t.logIn.nothingAllowed}</p>}
      </main>
      <Toasts />
      {help && <Help onClose={() => setHelp(false)} />}
    </div>
  );
}

/** Tell readers of the screen that another view is shown, as a new page would. */
function useTitleAndFocus(view: View | null, main: { current: HTMLElement | null }): void {
  const first = useRef(true);
  useEffect(() => {
    document.title = view === null ? t.brand : `${t.views[view]} · ${t.brand}`;
    if (!first.current) main.current?.focus();
    first.current = false;
  }, [view, main]);
}

/** The desk where somebody worked last, to which the way from other views leads back. */
function useDesk(): string | null {
  const desk = useRef<string | null>(null);
  if (place.value.view === "work") desk.current = place.value.id;
  return desk.current;
}

function useShortcuts(allowed: readonly View[], desk: string | null, onHelp: () => void): void {
  const chords = Object.fromEntries(
    allowed.map((view) => [
      `g ${view[0]}`,
      () => {
        endChord();
        go(href(view, view === "work" ? desk : null));
      },
    ]),
  );
  useKeys({ ...chords, g: beginChord, "?": onHelp });
}

/** Leadwire does not answer: say so, and when it is asked again. */
function Away() {
  if (link.value !== "away") return null;
  const seconds = Math.ceil((nextTryAt.value - now.value) / 1000);
  return (
    <div class="notice wait banner" role="alert">
      <p>
        {t.link.awayLong} {/* Readers of the screen say it once, not anew as the seconds pass. */}
        {seconds > 5 && <span aria-hidden="true">{t.link.again(seconds)}</span>}
      </p>
    </div>
  );
}
