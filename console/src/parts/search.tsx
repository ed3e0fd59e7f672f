/** Where one searches in what a view shows; the key / leads there. */
import { useRef } from "preact/hooks";
import { useKeys } from "./keys.ts";

interface SearchBoxProps {
  label: string;
  value: string;
  onSearch: (text: string) => void;
}

export function SearchBox({ label, value, onSearch }: SearchBoxProps) {
  const input = useRef<HTMLInputElement>(null);
  useKeys({ "/": () => input.current?.focus() });
  return (
    <input
      ref={input}
      class="input"
      type="search"
      aria-label={label}
      aria-keyshortcuts="/"
      placeholder={label}
      value={value}
      dir="auto"
      maxLength={200}
      onInput={(event) => onSearch(event.currentTarget.value)}
    />
  );
}
