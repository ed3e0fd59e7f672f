/** Send a file for a dry run or an import, and tell how far it is. */
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../../api/errors.ts";
import { newKey } from "../../api/request.ts";
import { learnWho } from "../../api/session.ts";
import type { Receipt } from "../../api/types.ts";
import { upload } from "../../api/upload.ts";
import { toast } from "../../parts/notice.tsx";
import { type Doing, useDoing } from "../../parts/use.ts";
import { t } from "../../texts.ts";
import { asQuery, type Mapping } from "./columns.ts";
import type { Peek } from "./peek.ts";

export interface Sending {
  doing: Doing;
  /** The name of the import: a second try of the same file is not a second import. */
  key: string;
  /** From 0 to 1. */
  sent: number;
  send: (
    query: { dry_run?: boolean },
    headers: Record<string, string>,
    then: (receipt: Receipt) => void,
  ) => Promise<void>;
  stop: () => void;
}

export function useSending(file: File, peeked: Peek, mapping: Mapping, region: string): Sending {
  const doing = useDoing();
  const [sent, setSent] = useState(0);
  const settled = JSON.stringify([mapping, region]);
  const key = useRef({ of: "", key: "" });
  if (key.current.of !== settled) key.current = { of: settled, key: newKey() };
  const controller = useRef<AbortController | null>(null);
  useEffect(() => () => leave(controller.current), []);
  useEffect(() => {
    if (!doing.busy) return;
    // The browser asks whether to leave the page, as that would stop what is being sent.
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [doing.busy]);

  const send: Sending["send"] = (query, headers, then) =>
    doing.run(async () => {
      controller.current = new AbortController();
      setSent(0);
      try {
        // A session that has ended says so now, and not once the file is half sent.
        await learnWho();
        const receipt = await upload<Receipt>("/v1/imports", {
          query: {
            ...query,
            region: region || null,
            map: peeked.headers === null ? [] : asQuery(mapping),
          },
          headers: {
            "Content-Type": peeked.contentType,
            ...(peeked.packed ? { "Content-Encoding": "gzip" } : {}),
            ...headers,
          },
          file,
          signal: controller.current.signal,
          onSent: setSent,
        });
        then(receipt);
      } catch (error) {
        if (!(error instanceof ApiError && error.code === "aborted")) throw error;
      } finally {
        controller.current = null;
      }
    });
  return { doing, key: key.current.key, sent, send, stop: () => controller.current?.abort() };
}

function leave(sending: AbortController | null): void {
  if (sending === null) return;
  sending.abort();
  toast(t.importView.leftWhileSending);
}

export function Sent({ sending }: { sending: Sending }) {
  if (!sending.doing.busy) return null;
  return (
    <>
      <span class="number" role="status">
        {sending.sent < 1
          ? t.importView.sending(Math.round(sending.sent * 100))
          : t.importView.sentAll}
      </span>
      <button type="button" class="button quiet tight" onClick={sending.stop}>
        {t.cancel}
      </button>
    </>
  );
}
