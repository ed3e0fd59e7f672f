/** Take a text along, for other programs. */
import { t } from "../texts.ts";
import { CopyIcon } from "./icons.tsx";
import { toast } from "./notice.tsx";

/** Browsers have a clipboard on pages by https, and on this machine's own. */
const clipboard: Clipboard | undefined = navigator.clipboard;

export function Copy({ text }: { text: string }) {
  if (clipboard === undefined) return null;
  const copy = () => clipboard.writeText(text).then(() => toast(t.copied(text)));
  return (
    <button
      type="button"
      class="button quiet icon"
      aria-label={t.copy(text)}
      title={t.copy(text)}
      onClick={() => void copy().catch(() => {})}
    >
      <CopyIcon />
    </button>
  );
}
