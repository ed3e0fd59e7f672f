/**
 * Where one is, in the address behind the `#`.
 *
 * So any server of files will do, and what people search for, which may be a person's name, stays
 * in the browser: it is in no server's log.
 */
import { signal } from "@preact/signals";

export const VIEWS = ["work", "leads", "import", "managers", "flow"] as const;
export type View = (typeof VIEWS)[number];

export interface Place {
  /** null: wherever whoever looks begins. */
  view: View | null;
  /** Of what is looked at within the view. */
  id: string | null;
  query: URLSearchParams;
}

function parse(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [view, id] = path.split("/");
  return {
    view: VIEWS.find((each) => each === view) ?? null,
    id: id ? decoded(id) : null,
    query: new URLSearchParams(query),
  };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

export const place = signal<Place>(parse(location.hash));
addEventListener("hashchange", () => {
  place.value = parse(location.hash);
});

/** Write the address of a place. */
export function href(view: View, id: string | null = null, query?: URLSearchParams): string {
  const path = id === null ? view : `${view}/${encodeURIComponent(id)}`;
  const search = query?.toString() ?? "";
  return search === "" ? `#/${path}` : `#/${path}?${search}`;
}

/** Go to a place; `replacing` leaves no way back to the one before. */
export function go(to: string, { replacing = false } = {}): void {
  if (replacing) {
    history.replaceState(null, "", to);
    place.value = parse(to);
  } else {
    location.hash = to;
  }
}
