/** Light, dark, or as the system has it. */
import { effect, signal } from "@preact/signals";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "leadwire.theme";
const kept = localStorage.getItem(KEY);

export const theme = signal<Theme>(THEMES.find((each) => each === kept) ?? "auto");

effect(() => {
  if (theme.value === "auto") {
    localStorage.removeItem(KEY);
    delete document.documentElement.dataset["theme"];
  } else {
    localStorage.setItem(KEY, theme.value);
    document.documentElement.dataset["theme"] = theme.value;
  }
});
