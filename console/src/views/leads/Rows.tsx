/** The rows that can be seen, and room for the others: a browser draws forty, not 100,000. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { LeadRow } from "../../api/types.ts";
import { useKeys } from "../../parts/keys.ts";
import { Ago, fullName, StatusPill, Typed } from "../../parts/show.tsx";
import { t } from "../../texts.ts";
import { choose } from "./filters.ts";
import type { LeadTable, Sort } from "./table.ts";
import { BEYOND, useWindow } from "./window.ts";

const STAYS_NEW = 2_000;

interface RowsProps {
  table: LeadTable;
  sort: Sort;
  /** The lead whose details are open. */
  open: string | null;
  onOpen: (id: string) => void;
}

export function Rows({ table, sort, open, onOpen }: RowsProps) {
  const box = useRef<HTMLDivElement>(null);
  const grid = useRef<HTMLTableElement>(null);
  useFocusBack(grid, open);
  const [active, setActive] = useState<string | null>(open);
  const { from, to, height, reveal } = useWindow(box, table.length);

  const move = (to: number) => {
    const index = Math.max(0, Math.min(table.length - 1, to));
    setActive(table.row(index)?.id ?? null);
    reveal(index);
  };
  const step = (by: number) => {
    const at = active === null ? -1 : table.indexOf(active);
    move(at === -1 ? 0 : at + by);
  };
  const openActive = () => {
    if (active !== null && table.indexOf(active) !== -1) onOpen(active);
  };
  useKeys({ j: () => step(1), k: () => step(-1) });
  const page = Math.max(1, to - from - 2 * BEYOND);
  const onKeyDown = (event: KeyboardEvent) => {
    const action: Record<string, () => void> = {
      ArrowDown: () => step(1),
      ArrowUp: () => step(-1),
      PageDown: () => step(page),
      PageUp: () => step(-page),
      Home: () => move(0),
      End: () => move(table.length - 1),
      Enter: openActive,
    };
    if (action[event.key] === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action[event.key]?.();
  };

  const rows = table.slice(from, to);
  const isSeen = rows.some(({ lead }) => lead.id === active);
  return (
    <div class="rows" ref={box}>
      <table
        ref={grid}
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: rows are chosen by keys
        role="grid"
        tabIndex={0}
        aria-label={t.leadsView.table}
        aria-rowcount={table.length + 1}
        aria-activedescendant={isSeen ? `row-${active}` : undefined}
        onKeyDown={onKeyDown}
      >
        <thead>
          <tr aria-rowindex={1}>
            <Head column="name" sort={sort} first="name" />
            <th scope="col" class="col-contact">
              {t.leadsView.columns.contact}
            </th>
            <th scope="col" class="col-phone">
              {t.leadsView.columns.phone}
            </th>
            <Head column="status" sort={sort} first="status" />
            <th scope="col" class="col-manager">
              {t.leadsView.columns.manager}
            </th>
            <Head column="created" sort={sort} first="-created" />
          </tr>
        </thead>
        <tbody>
          <Room height={from * height} />
          {rows.map(({ lead, changedAt }, index) => (
            <Row
              key={lead.id}
              lead={lead}
              index={from + index}
              isNew={changedAt > Date.now() - STAYS_NEW}
              isActive={lead.id === active}
              isOpen={lead.id === open}
              onOpen={() => {
                setActive(lead.id);
                onOpen(lead.id);
              }}
            />
          ))}
          <Room height={(table.length - to) * height} />
        </tbody>
      </table>
    </div>
  );
}

/** Once details are closed, whose focus goes with them, the keyboard goes on in the rows. */
function useFocusBack(grid: { current: HTMLElement | null }, open: string | null): void {
  const before = useRef(open);
  useEffect(() => {
    const isClosed = before.current !== null && open === null;
    if (isClosed && document.activeElement === document.body) {
      grid.current?.focus({ preventScroll: true });
    }
    before.current = open;
  }, [open, grid]);
}

/** As high as the rows that are not drawn. */
function Room({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden="true" class="room" style={{ height: `${height}px` }}>
      <td />
    </tr>
  );
}

type Sortable = "name" | "status" | "created";

/** A column to sort by; a second press turns the order round. */
function Head({ column, sort, first }: { column: Sortable; sort: Sort; first: Sort }) {
  const isThis = sort.replace("-", "") === column;
  const other = sort.startsWith("-") ? sort.slice(1) : `-${sort}`;
  const direction = sort.startsWith("-") ? "descending" : "ascending";
  const label = t.leadsView.columns[column];
  return (
    <th scope="col" class={`col-${column}`} aria-sort={isThis ? direction : undefined}>
      <button
        type="button"
        class="head"
        aria-label={t.leadsView.sortedBy(label)}
        onClick={() => choose({ sort: isThis ? other : first })}
      >
        {label}
      </button>
    </th>
  );
}

interface RowProps {
  lead: LeadRow;
  index: number;
  isNew: boolean;
  isActive: boolean;
  isOpen: boolean;
  onOpen: () => void;
}

function Row({ lead, index, isNew, isActive, isOpen, onOpen }: RowProps) {
  const state = [isNew && "new", isActive && "active", isOpen && "open"].filter(Boolean).join(" ");
  return (
    <tr
      id={`row-${lead.id}`}
      key={lead.rev}
      class={state}
      aria-rowindex={index + 2}
      aria-selected={isOpen}
      onClick={onOpen}
    >
      <td class="col-name">
        <Typed text={fullName(lead)} />
        <span class="under">
          <Typed text={lead.email} />
        </span>
      </td>
      <td class="col-contact">
        <Typed text={lead.email} />
      </td>
      <td class="col-phone">
        <bdi dir="ltr">{lead.cellphone ?? ""}</bdi>
      </td>
      <td class="col-status">
        <StatusPill status={lead.status} />
      </td>
      <td class="col-manager">{lead.manager && <Typed text={lead.manager.name} />}</td>
      <td class="col-created">
        <Ago at={lead.created_at} />
      </td>
    </tr>
  );
}
