/** What a search finds: a part of a name, an email or a number, as people would write it. */
import type { LeadRow } from "../../api/types.ts";

/** Letters without case and accents, as the API searches. */
export function folded(text: string): string {
  const lower = text.toLowerCase();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: most names need no more than this
  return /^[\x00-\x7f]*$/.test(lower) ? lower : lower.normalize("NFD").replace(/\p{M}/gu, "");
}

export const nameOf = (lead: LeadRow) => folded(`${lead.name} ${lead.family_name}`);

/** What a lead whose name is given folded is found by; no search reaches from one line into the next. */
export function wordsOf(name: string, { email, cellphone }: LeadRow): string {
  return `${name}\n${email.toLowerCase()}\n${cellphone ?? ""}`;
}

/** Tells by its words whether a lead is found. */
export type Finds = (words: string) => boolean;

export function finder(search: string): Finds {
  const sought = [folded(search.trim()), numberIn(search)].filter((each) => each !== null);
  return (words) => sought.some((each) => words.includes(each));
}

const EXTENSION = /\s*(?:x|ext\.?)\s*\d+\s*$/i;

/**
 * The digits of a search that may be a phone number, as a part of numbers that begin with + and
 * have nothing between their digits; else null.
 *
 * What stands for "from abroad" becomes the +, and the 0 that is dialled only within a country is
 * left out, as is an extension: (0151) 12-34, 0049 151 1234 x5 and +49 (0)151/1234 all find
 * +491511234.
 */
function numberIn(search: string): string | null {
  const whole = search.replace(EXTENSION, "");
  if (/[\p{L}@]/u.test(whole)) return null;
  const dialled = whole.replaceAll("(0)", "").replace(/[^\d+]/g, "");
  const number = dialled.replace(/^00/, "+").replace(/^0/, "");
  return /\d/.test(number) ? number : null;
}
