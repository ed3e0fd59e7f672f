/** How to reach a lead, and what else is known. */
import { useRef } from "preact/hooks";
import { leads } from "../../api/leadwire.ts";
import type { Lead } from "../../api/types.ts";
import { Copy } from "../../parts/copy.tsx";
import { saveFile } from "../../parts/files.ts";
import { FileIcon, MailIcon, PhoneIcon } from "../../parts/icons.tsx";
import { useKeys } from "../../parts/keys.ts";
import { ProblemNotice } from "../../parts/notice.tsx";
import { Typed } from "../../parts/show.tsx";
import { useDoing } from "../../parts/use.ts";
import { t } from "../../texts.ts";

/** Where the API keeps what is dialled after a number. */
const EXTENSION = "cellphone_extension";

interface ReachProps {
  lead: { id: string; email: string; cellphone: string | null };
  /** What else is known of it; null until that is there. */
  known: Pick<Lead, "has_resume" | "attributes"> | null;
}

/** Links to call and to write, and the resume. */
export function Reach({ lead, known }: ReachProps) {
  const call = useRef<HTMLAnchorElement>(null);
  const mail = useRef<HTMLAnchorElement>(null);
  const extension = known?.attributes[EXTENSION];
  const number =
    typeof extension === "string"
      ? `${lead.cellphone} ${t.lead.extension(extension)}`
      : lead.cellphone;
  useKeys({ c: () => call.current?.click(), e: () => mail.current?.click() });
  return (
    <div class="line reach">
      {lead.cellphone === null || number === null ? (
        <span class="soft">{t.lead.noCellphone}</span>
      ) : (
        <span class="line nowrap way">
          <a
            ref={call}
            class="button"
            href={`tel:${lead.cellphone}`}
            aria-label={t.lead.call(number)}
            aria-keyshortcuts="c"
            title={t.lead.call(number)}
          >
            <PhoneIcon />
            <bdi dir="ltr" class="clip">
              {number}
            </bdi>
          </a>
          <Copy text={lead.cellphone} />
        </span>
      )}
      <span class="line nowrap way">
        <a
          ref={mail}
          class="button"
          href={mailto(lead.email)}
          aria-label={t.lead.mail(lead.email)}
          aria-keyshortcuts="e"
          title={lead.email}
        >
          <MailIcon />
          <span class="clip">{lead.email}</span>
        </a>
        <Copy text={lead.email} />
      </span>
      {known?.has_resume && <Resume leadId={lead.id} />}
    </div>
  );
}

/** The at sign is no part of what has to be escaped: programs of mail look for it. */
function mailto(email: string): string {
  const at = email.lastIndexOf("@");
  return `mailto:${encodeURIComponent(email.slice(0, at))}@${encodeURIComponent(email.slice(at + 1))}`;
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
  const entries = Object.entries(attributes).filter(([name]) => name !== EXTENSION);
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
              <Value text={typeof value === "string" ? value : JSON.stringify(value)} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** An address on the web is opened in a window that knows nothing of this one. */
function Value({ text }: { text: string }) {
  if (!/^https?:\/\/\S+$/i.test(text)) return <Typed text={text} breaks />;
  return (
    <a href={text} target="_blank" rel="noopener noreferrer">
      <Typed text={text} breaks />
    </a>
  );
}
