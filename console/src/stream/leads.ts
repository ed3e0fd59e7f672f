/** Open the stream of leads with filters, as the API has them. */
import type { Filters } from "../api/leadwire.ts";
import { send } from "../api/request.ts";
import type { Open } from "./follow.ts";

export function openLeads(filters: Filters, fields?: string): Open {
  return (cursor, signal) =>
    send("GET", "/v1/leads/stream", {
      query: { ...filters, fields, follow: true, cursor },
      headers: { Accept: "application/x-ndjson" },
      signal,
      within: 0, // who follows watches for silence himself
    });
}
