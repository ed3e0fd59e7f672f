/** What is told: problems, empty places, short messages. */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { ApiError } from "../api/errors.ts";
import { t } from "../texts.ts";

const TOAST_STAYS = 8_000;
const MOST_TOASTS = 3;

const toasts = signal<{ key: number; text: string }[]>([]);
let lastKey = 0;

/** Tell something in passing. */
export function toast(text: string): void {
  lastKey += 1;
  const key = lastKey;
  toasts.value = [...toasts.value, { key, text }].slice(-MOST_TOASTS);
  setTimeout(() => {
    toasts.value = toasts.value.filter((each) => each.key !== key);
  }, TOAST_STAYS);
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ key, text }) => (
        <p class="toast" key={key}>
          {text}
        </p>
      ))}
    </div>
  );
}

interface ProblemProps {
  error: ApiError;
  again?: (() => void) | undefined;
}

/** What went wrong, in the server's words, which say what to do. */
export function ProblemNotice({ error, again }: ProblemProps) {
  const reference = error.extra["request_id"];
  return (
    <div class="notice bad" role="alert">
      <p>
        {error.status === 429 ? t.problem.tooMany(error.retryAfter / 1000) : error.message}
        {error.status >= 500 && typeof reference === "string" && (
          <span class="small">{` ${t.problem.reference(reference)}`}</span>
        )}
      </p>
      {again && (
        <button type="button" class="button tight" onClick={again}>
          {t.tryAgain}
        </button>
      )}
    </div>
  );
}

interface EmptyProps {
  icon?: ComponentChildren;
  title: string;
  text: string;
  children?: ComponentChildren;
}

/** A place with nothing in it, and what to do about that. */
export function Empty({ icon, title, text, children }: EmptyProps) {
  return (
    <div class="empty">
      {icon}
      <h2>{title}</h2>
      <p>{text}</p>
      {children}
    </div>
  );
}

export function Loading({ text = t.loading }: { text?: string }) {
  return (
    <p class="loading" role="status">
      {text}…
    </p>
  );
}
