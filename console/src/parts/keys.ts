/** Keyboard shortcuts: a view says what its keys do while it is shown. */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

const OFF = "leadwire.single-keys-off";

/** Whether keys without Ctrl or Alt do something; people who speak to their computer turn it off. */
export const singleKeys = signal(localStorage.getItem(OFF) === null);

export function setSingleKeys(on: boolean): void {
  singleKeys.value = on;
  if (on) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "1");
}

/** Action by key as `KeyboardEvent.key` names it; after `g` the key is `g x`. */
export type Keys = Record<string, (event: KeyboardEvent) => void>;

const CHORD_WITHIN = 1_500;
let begunAt = 0;

/** Have keys do something while the caller is shown. */
export function useKeys(keys: Keys): void {
  const current = useRef(keys);
  current.current = keys;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if (event.key !== "Escape" && (!singleKeys.value || isTyping(event.target))) return;
      // A dialog has the keyboard for itself, and closes on Escape by itself.
      if (document.querySelector("dialog[open]") !== null) return;
      const chord = Date.now() - begunAt < CHORD_WITHIN;
      const action = current.current[chord ? `g ${event.key}` : event.key];
      if (action === undefined) return;
      event.preventDefault();
      action(event);
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}

/** Begin a chord; listen for it once, in the frame, after all views have looked. */
export function beginChord(): void {
  begunAt = Date.now();
}

export function endChord(): void {
  begunAt = 0;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
