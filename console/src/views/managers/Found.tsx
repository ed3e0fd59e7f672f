/** Managers that were found, and what can be done with each. */
import { managers } from "../../api/leadwire.ts";
import { may, mayActAs } from "../../api/session.ts";
import type { Manager, Page } from "../../api/types.ts";
import { ManagersIcon } from "../../parts/icons.tsx";
import { Empty, ProblemNotice, toast } from "../../parts/notice.tsx";
import { Ago, For, fullName, StatePill, Typed } from "../../parts/show.tsx";
import { useDoing } from "../../parts/use.ts";
import { href } from "../../router.ts";
import { t } from "../../texts.ts";

/** What is done with one of them. */
interface Acts {
  onChanged: () => void;
  onChange: (manager: Manager) => void;
  onRemove: (manager: Manager) => void;
}

interface FoundProps extends Acts {
  page: Page<Manager>;
  /** What was searched for. */
  q: string;
  filtered: boolean;
}

export function Found({ page, q, filtered, ...acts }: FoundProps) {
  if (page.items.length === 0) {
    return (
      <div class="card">
        <Empty
          icon={<ManagersIcon />}
          title={filtered ? t.managersView.noneFound : t.managersView.none}
          text={filtered ? t.managersView.noneFoundText : t.managersView.noneText}
        >
          {q !== "" && (
            <a class="button" href={href("leads", null, new URLSearchParams({ q }))}>
              {t.managersView.amongLeads}
            </a>
          )}
        </Empty>
      </div>
    );
  }
  return (
    <div class="card plain-table">
      <table class="people-table">
        <thead>
          <tr>
            <th scope="col">{t.managersView.columns.name}</th>
            <th scope="col">{t.managersView.columns.state}</th>
            <th scope="col">{t.managersView.columns.work}</th>
            <th scope="col" class="since">
              {t.managersView.columns.since}
            </th>
            <th scope="col">
              <span class="unseen">{t.managersView.actions("")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {page.items.map((manager) => (
            <Row key={manager.id} manager={manager} {...acts} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ manager, ...acts }: Acts & { manager: Manager }) {
  const [first] = manager.leads;
  const others = manager.lead_count - 1;
  return (
    <tr>
      <td class="who-cell">
        <strong>
          {may("manageManagers") ? (
            <a href={href("work", manager.id)}>
              <Typed text={manager.name} />
            </a>
          ) : (
            <Typed text={manager.name} />
          )}
        </strong>
        {manager.email && (
          <span class="soft small">
            <Typed text={manager.email} />
          </span>
        )}
      </td>
      <td>
        <StatePill state={manager.state} />
        {manager.free_since && (
          <span class="soft small free-for">
            {t.managersView.freeFor} <For since={manager.free_since} />
          </span>
        )}
      </td>
      <td>
        {first ? (
          <a href={href("leads", first.id)}>
            <Typed text={fullName(first)} />
          </a>
        ) : (
          <span class="soft">{t.managersView.nothing}</span>
        )}
        {others > 0 && (
          <a
            class="soft small"
            href={href("leads", null, new URLSearchParams({ manager_id: manager.id }))}
          >
            {t.managersView.moreLeads(others)}
          </a>
        )}
      </td>
      <td class="since soft">{first?.assigned_at && <Ago at={first.assigned_at} />}</td>
      <td class="actions">
        <Actions manager={manager} {...acts} />
      </td>
    </tr>
  );
}

function Actions({ manager, onChanged, onChange, onRemove }: Acts & { manager: Manager }) {
  const { busy, error, run } = useDoing();
  const change = (action: (id: string) => Promise<unknown>, said: (name: string) => string) =>
    run(async () => {
      await action(manager.id);
      toast(said(manager.name));
      onChanged();
    });
  const mayPause = may("manageManagers") || mayActAs(manager.id);
  return (
    <div class="line" role="group" aria-label={t.managersView.actions(manager.name)}>
      {manager.state === "removed" ? (
        may("manageManagers") && (
          <button
            type="button"
            class="button tight"
            disabled={busy}
            onClick={() => change(managers.restore, t.managersView.restored)}
          >
            {t.managersView.restore}
          </button>
        )
      ) : (
        <>
          {mayPause && manager.state === "paused" && (
            <button
              type="button"
              class="button tight"
              disabled={busy}
              onClick={() => change(managers.resume, t.managersView.resumedNow)}
            >
              {t.managersView.resume}
            </button>
          )}
          {mayPause && manager.state !== "paused" && (
            <button
              type="button"
              class="button tight"
              disabled={busy}
              onClick={() => change(managers.pause, t.managersView.pausedNow)}
            >
              {t.managersView.pause}
            </button>
          )}
          {may("manageManagers") && (
            <>
              <button
                type="button"
                class="button quiet tight"
                disabled={busy}
                onClick={() => onChange(manager)}
              >
                {t.managersView.change}
              </button>
              <button
                type="button"
                class="button quiet tight"
                disabled={busy}
                onClick={() => onRemove(manager)}
              >
                {t.managersView.remove}
              </button>
            </>
          )}
        </>
      )}
      {error && <ProblemNotice error={error} />}
    </div>
  );
}
