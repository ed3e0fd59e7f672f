/** How to reach a lead, and what else is known. */
import { leads } from "../../api/leadwire.ts";
import { saveFile } from "../../parts/files.ts";
import { FileIcon, MailIcon, PhoneIcon } from "../../parts/icons.tsx";
import { ProblemNotice } from "../../parts/notice.tsx";
import { Typed } from "../../parts/show.tsx";
import { useDoing } from "../../parts/use.ts";
import { t } from "../../texts.ts";

interface ReachProps {
  lead: { id: string; email: string; cellphone: string | null };
  hasResume: boolean;
}

/** Links to call and to write, and the resume. */
export function Reach({ lead, hasResume }: ReachProps) {
  return (
    <div class="line reach">
      {lead.cellphone === null ? (
        <span class="soft">{t.lead.noCellphone}</span>
      ) : (
        <a
          class="button"
          href={`tel:${lead.cellphone}`}
          aria-label={t.lead.call(lead.cellphone)}
          title={t.lead.call(lead.cellphone)}
        >
          <PhoneIcon />
          <bdi dir="ltr">{lead.cellphone}</bdi>
        </a>
      )}
      <a
        class="button"
        href={`mailto:${encodeURIComponent(lead.email)}`}
        aria-label={t.lead.mail(lead.email)}
        title={lead.email}
      >
        <MailIcon />
        <span class="clip">{lead.email}</span>
      </a>
      {hasResume && <Resume leadId={lead.id} />}
    </div>
  );
}

function Resume({ leadId }: { leadId: string }) {
  const { busy, error, run } = useDoing();
  const fetchIt = () => run(async () => openResume(await leads.resume(leadId)));
  return (
    <>
      <button type="button" class="button" disabled={busy} onClick={fetchIt}>
        <FileIcon />
        {busy ? t.lead.resumeBusy : t.lead.resume}
      </button>
      {error && <ProblemNotice error={error} again={fetchIt} />}
    </>
  );
}

/** Save the file; a resume that is elsewhere is opened in a window that knows nothing of this one. */
async function openResume(answer: Response): Promise<void> {
  if (!answer.headers.get("Content-Type")?.startsWith("application/json")) {
    await saveFile(answer, t.lead.resume);
    return;
  }
  const { url }: { url: string } = await answer.json();
  if (/^https?:/i.test(url)) window.open(url, "_blank", "noopener,noreferrer");
}

export function Attributes({ attributes }: { attributes: Record<string, unknown> }) {
  const entries = Object.entries(attributes);
  if (entries.length === 0) return null;
  return (
    <section class="stack tight">
      <h3>{t.lead.attributes}</h3>
      <dl class="facts">
        {entries.map(([name, value]) => (
          <div key={name} class="fact">
            <dt>
              <Typed text={name} breaks />
            </dt>
            <dd>
              <Typed text={typeof value === "string" ? value : JSON.stringify(value)} breaks />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
