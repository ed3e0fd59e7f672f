/** A modal dialog: the browser's own, which keeps the focus, closes on Escape and gives it back. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

interface DialogProps {
  title: string;
  /** null: it stays, and hides what is behind it, until what it asks for is done. */
  onClose: (() => void) | null;
  children: ComponentChildren;
}

export function Dialog({ title, onClose, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const label = useId();
  useEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      // What opened it may have left meanwhile, as the row of a manager who was removed.
      const back = before?.isConnected ? before : document.getElementById("main");
      if (back instanceof HTMLElement) back.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      aria-labelledby={label}
      class={onClose === null ? "hiding" : undefined}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      // A second Escape closes it whatever the page says.
      onClose={() => onClose === null && element.current?.showModal()}
    >
      <div class="stack">
        <h2 id={label} class="break">
          {title}
        </h2>
        {children}
      </div>
    </dialog>
  );
}
