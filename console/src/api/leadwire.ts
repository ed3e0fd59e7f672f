/** The operations that the console uses, by name. Every one throws `ApiError`. */
import { ask, newKey, send } from "./request.ts";
import type {
  Assignment,
  Counts,
  Delivery,
  HistoryEntry,
  Import,
  Lead,
  Manager,
  ManagerFields,
  Marked,
  Page,
  Parked,
  Ping,
  Receipt,
  Removal,
  Requeued,
  ServiceStatus,
  Status,
  Webhook,
  WebhookFields,
  WorkLead,
} from "./types.ts";

export type Filters = Record<string, string>;

/** A path with ids in it: whatever the page's own address names as one stays one part of the path. */
const path = (parts: TemplateStringsArray, ...ids: string[]) =>
  String.raw({ raw: parts }, ...ids.map(encodeURIComponent));

const quoted = (tag: string) => ({ "If-Match": `"${tag}"` });

export const leads = {
  read: (id: string, atLeast?: string) =>
    ask<Lead>("GET", path`/v1/leads/${id}`, { query: { at_least: atLeast } }),
  count: (filters: Filters) => ask<Counts>("GET", "/v1/leads/count", { query: filters }),
  oldest: (filters: Filters) =>
    ask<Page<Lead>>("GET", "/v1/leads", { query: { ...filters, limit: 1, sort: "created_at" } }),
  history: (id: string) =>
    ask<Page<HistoryEntry>>("GET", path`/v1/leads/${id}/history`, { query: { limit: 200 } }),
  assignment: (id: string) => ask<Assignment>("GET", path`/v1/leads/${id}/assignment`),
  mark: (id: string, status: Status, tag: string, reason?: string) =>
    ask<Marked>("PUT", path`/v1/leads/${id}/status`, {
      json: { status, ...(reason ? { reason } : {}) },
      headers: quoted(tag),
    }),
  giveBack: (id: string, managerId: string, reason?: string) =>
    ask<WorkLead>("DELETE", path`/v1/leads/${id}/assignee`, {
      query: { manager_id: managerId, reason },
    }),
  resume: (id: string) => send("GET", path`/v1/leads/${id}/resume`),
};

export const managers = {
  list: (query: { q?: string; state?: string; limit?: number; cursor?: string }) =>
    ask<Page<Manager>>("GET", "/v1/managers", { query }),
  read: (id: string) => ask<Manager>("GET", path`/v1/managers/${id}`),
  add: (manager: ManagerFields) => ask<Manager>("POST", "/v1/managers", { json: manager }),
  change: (id: string, changes: Partial<ManagerFields>) =>
    ask<Manager>("PATCH", path`/v1/managers/${id}`, { json: changes }),
  pause: (id: string) => ask<Manager>("POST", path`/v1/managers/${id}/pause`),
  resume: (id: string) => ask<Manager>("POST", path`/v1/managers/${id}/resume`),
  restore: (id: string) => ask<Manager>("POST", path`/v1/managers/${id}/restore`),
  previewRemoval: (id: string) =>
    ask<Removal>("DELETE", path`/v1/managers/${id}`, { query: { dry_run: true } }),
  remove: (id: string) => ask<void>("DELETE", path`/v1/managers/${id}`),
  takeNext: (id: string) =>
    ask<WorkLead>("POST", path`/v1/managers/${id}/next-lead`, {
      headers: { "Idempotency-Key": newKey() },
    }),
};

export const imports = {
  list: () => ask<Page<Import>>("GET", "/v1/imports", { query: { limit: 20 } }),
  read: (id: string) => ask<Receipt>("GET", path`/v1/imports/${id}`),
  cancel: (id: string) => ask<Receipt>("POST", path`/v1/imports/${id}/cancel`),
  failures: (id: string, accept: string, signal?: AbortSignal) =>
    send("GET", path`/v1/imports/${id}/failures`, {
      headers: { Accept: accept },
      ...(signal ? { signal } : {}),
    }),
};

export const SERVICES = ["import-svc", "manager-svc", "notifier-svc", "stream-svc"] as const;
export type Service = (typeof SERVICES)[number];

export const operations = {
  status: (service: Service) => ask<ServiceStatus>("GET", path`/v1/ops/${service}/status`),
  parked: (service: Service) =>
    ask<Page<Parked>>("GET", path`/v1/ops/${service}/parked`, { query: { limit: 50 } }),
  requeue: (service: Service, id: string) =>
    ask<unknown>("POST", path`/v1/ops/${service}/parked/${id}/requeue`),
  requeueSome: (service: Service, cursor: string | null) =>
    ask<Requeued>("POST", path`/v1/ops/${service}/parked/requeue`, { query: { cursor } }),
  discard: (service: Service, id: string, reason: string) =>
    ask<void>("DELETE", path`/v1/ops/${service}/parked/${id}`, { query: { reason } }),
  decisions: (minutes: number) =>
    ask<{ per_minute: number[] }>("GET", "/v1/journal/count", {
      query: { type: ["lead_interested_created", "lead_not_interested_created"], minutes },
    }),
};

export const deliveries = {
  list: (status: string) =>
    ask<Page<Delivery>>("GET", "/v1/deliveries", { query: { limit: 50, status } }),
  retry: (id: string) => ask<Delivery>("POST", path`/v1/deliveries/${id}/retry`),
};

export const webhooks = {
  list: () => ask<Page<Webhook>>("GET", "/v1/webhooks", { query: { limit: 1000 } }),
  add: (webhook: WebhookFields) =>
    ask<Webhook & { secret: string }>("POST", "/v1/webhooks", { json: webhook }),
  change: (id: string, changes: Partial<WebhookFields & Pick<Webhook, "state">>) =>
    ask<Webhook>("PATCH", path`/v1/webhooks/${id}`, { json: changes }),
  remove: (id: string) => ask<void>("DELETE", path`/v1/webhooks/${id}`),
  test: (id: string) => ask<Ping>("POST", path`/v1/webhooks/${id}/test`),
  retry: (id: string) => ask<{ retried: number }>("POST", path`/v1/webhooks/${id}/retry`),
};
