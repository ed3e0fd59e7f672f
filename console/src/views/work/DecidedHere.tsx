/** What was decided in this window: the way back to a lead that calls again, or was a mistake. */
import { signal } from "@preact/signals";
import type { WorkLead } from "../../api/types.ts";
import { Ago, fullName, StatusPill, Typed } from "../../parts/show.tsx";
import { href } from "../../router.ts";
import { t } from "../../texts.ts";

const MOST = 100;
const SHOWN = 10;

interface Decided {
  managerId: string;
  lead: WorkLead;
}

/** Newest first; gone with the window. */
const decided = signal<readonly Decided[]>([]);

/** Note a lead that a manager marked, if that decided it. */
export function noteDecided(managerId: string, lead: WorkLead): void {
  if (lead.decided_at === null) return;
  const others = decided.value.filter((each) => each.lead.id !== lead.id);
  decided.value = [{ managerId, lead }, ...others].slice(0, MOST);
}

export function DecidedHere({ managerId }: { managerId: string }) {
  const own = decided.value.filter((each) => each.managerId === managerId).slice(0, SHOWN);
  if (own.length === 0) return null;
  return (
    <section class="card padded stack tight decided" aria-label={t.work.today}>
      <h3>{t.work.today}</h3>
      <ul class="people">
        {own.map(({ lead }) => (
          <li key={lead.id}>
            <a href={href("leads", lead.id)}>
              <Typed text={fullName(lead)} />
              <span class="line nowrap">
                {lead.decided_at && (
                  <span class="soft small">
                    <Ago at={lead.decided_at} />
                  </span>
                )}
                <StatusPill status={lead.status} />
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
