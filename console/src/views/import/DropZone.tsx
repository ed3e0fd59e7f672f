/** Where a file is dropped, or chosen. */
import { useRef, useState } from "preact/hooks";
import { ImportIcon } from "../../parts/icons.tsx";
import { t } from "../../texts.ts";

export function DropZone({ onFile }: { onFile: (file: File) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const take = (files: FileList | null | undefined) => {
    const [file, ...others] = files ?? [];
    if (file === undefined) return;
    if (others.length > 0) setRefusal(t.importView.several);
    else if (file.size === 0) setRefusal(t.importView.empty);
    else onFile(file);
  };
  return (
    <section
      class={over ? "drop over" : "drop"}
      aria-label={t.importView.drop}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files);
      }}
    >
      <ImportIcon />
      <h2>{t.importView.drop}</h2>
      <p class="soft">{t.importView.or}</p>
      <button type="button" class="button main" onClick={() => input.current?.click()}>
        {t.importView.choose}
      </button>
      <input
        ref={input}
        class="unseen"
        type="file"
        tabIndex={-1}
        aria-label={t.importView.choose}
        accept=".csv,.tsv,.txt,.json,.ndjson,.jsonl,.gz"
        onChange={(event) => {
          take(event.currentTarget.files);
          event.currentTarget.value = "";
        }}
      />
      <p class="soft small">{t.importView.formats}</p>
      {refusal !== null && (
        <p class="notice wait" role="alert">
          {refusal}
        </p>
      )}
    </section>
  );
}
