/** Where one can go, how the connection stands, who one is. */
import type { FunctionComponent } from "preact";
import { link } from "../api/link.ts";
import { logOut, may, me, type Right } from "../api/session.ts";
import { Brand, FlowIcon, ImportIcon, LeadsIcon, ManagersIcon, WorkIcon } from "../parts/icons.tsx";
import { href, VIEWS, type View } from "../router.ts";
import { t } from "../texts.ts";
import { THEMES, type Theme, theme } from "./theme.ts";

const TABS: Record<View, { right: Right; Icon: FunctionComponent }> = {
  work: { right: "work", Icon: WorkIcon },
  leads: { right: "readLeads", Icon: LeadsIcon },
  import: { right: "import", Icon: ImportIcon },
  managers: { right: "readManagers", Icon: ManagersIcon },
  flow: { right: "operate", Icon: FlowIcon },
};

/** Views that whoever looks may see, in their order. */
export const allowedViews = () => VIEWS.filter((view) => may(TABS[view].right));

interface RailProps {
  current: View | null;
  /** Where somebody worked last, if he chose as whom. */
  desk: string | null;
  onHelp: () => void;
}

export function Rail({ current, desk, onHelp }: RailProps) {
  return (
    <header class="rail">
      <a class="brand" href="#/">
        <Brand />
        {t.brand}
      </a>
      <nav aria-label={t.brand}>
        <ul>
          {allowedViews().map((view) => {
            const { Icon } = TABS[view];
            return (
              <li key={view}>
                <a
                  class="tab"
                  href={href(view, view === "work" ? desk : null)}
                  aria-current={view === current ? "page" : undefined}
                >
                  <Icon />
                  {t.views[view]}
                </a>
              </li>
            );
          })}
        </ul>
      </nav>
      <div class="rail-end">
        <p class={`link-state ${link.value}`} role="status">
          {t.link[link.value]}
        </p>
        <button type="button" class="button quiet tight shortcuts" onClick={onHelp}>
          {t.help.open} <kbd>?</kbd>
        </button>
        <select
          class="theme"
          aria-label={t.theme.label}
          value={theme.value}
          onChange={(event) => {
            theme.value = event.currentTarget.value as Theme;
          }}
        >
          {THEMES.map((each) => (
            <option key={each} value={each}>
              {t.theme[each]}
            </option>
          ))}
        </select>
        <Who />
      </div>
    </header>
  );
}

function Who() {
  if (me.value?.auth !== "on") return null;
  return (
    <>
      <p class="who clip" title={me.value.name ?? ""}>
        {t.logIn.as(me.value.name ?? "")}
      </p>
      <button type="button" class="button quiet tight" onClick={logOut}>
        {t.logIn.out}
      </button>
    </>
  );
}
