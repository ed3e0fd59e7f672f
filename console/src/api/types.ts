/** What the API answers: the fields that the console reads. docs/reference/openapi has all. */

export type Status = "pending" | "reached_out" | "interested" | "not_interested";
export const STATUSES: readonly Status[] = [
  "pending",
  "reached_out",
  "interested",
  "not_interested",
];

export interface ManagerRef {
  id: string;
  name: string;
}

/** A lead in the table: what the stream is asked for, so that a hundred thousand fit. */
export interface LeadRow {
  id: string;
  name: string;
  family_name: string;
  email: string;
  cellphone: string | null;
  status: Status;
  manager: ManagerRef | null;
  origin: string;
  created_at: string;
  rev: number;
}

/** A lead as read. */
export interface Lead extends LeadRow {
  import_id: string | null;
  attributes: Record<string, unknown>;
  has_resume: boolean;
  updated_at: string;
  tags: { contact: string; work: string | null };
}

/** A lead as those know it who work on it. */
export interface WorkLead {
  id: string;
  name: string;
  family_name: string;
  email: string;
  cellphone: string | null;
  status: Status;
  manager: ManagerRef | null;
  assigned_at: string | null;
  decided_at: string | null;
  created_at: string;
  tags: { work: string };
}

export interface Marked {
  lead: WorkLead;
  next_lead: WorkLead | null;
}

export type Availability = "free" | "busy" | "paused" | "removed";

export interface Manager {
  id: string;
  name: string;
  email: string | null;
  capacity: number;
  state: Availability;
  free_since: string | null;
  lead_count: number;
  leads: WorkLead[];
  created_at: string;
  rev: number;
}

/** What an administrator says of a manager. */
export type ManagerFields = Pick<Manager, "name" | "email" | "capacity">;

export interface Removal {
  manager: ManagerRef;
  already_removed: boolean;
  leads: { lead: WorkLead; next_manager: ManagerRef | null }[];
}

export interface HistoryEntry {
  at: string;
  event: string;
  actor: string;
  from_status: Status;
  to_status: Status;
  manager: ManagerRef | null;
  rule: string | null;
  reason: string | null;
}

export interface Assignment {
  manager: ManagerRef;
  assigned_at: string;
  actor: string;
  rule: string;
  free: { manager: ManagerRef; since: string; verdict: string }[];
  more_free: boolean | null;
  oldest_lead: { id: string; created_at: string };
}

export interface Counts {
  total: number;
  by_status: Record<string, number>;
}

export interface Failure {
  row: number;
  name: string | null;
  family_name: string | null;
  email: string | null;
  cellphone: string | null;
  reason: string;
  codes: string[];
}

export interface Import {
  id: string;
  status: "running" | "completed" | "failed" | "cancelled";
  received: number;
  imported: number;
  failed: number;
  failures_url: string | null;
  error: { code: string; detail: string; headers_found?: string[] | null } | null;
  progress: {
    bytes_done: number;
    bytes_total: number | null;
    rows_per_second: number | null;
    seconds_left: number | null;
  } | null;
  started_at: string;
  finished_at: string | null;
}

export interface Receipt extends Import {
  dry_run: boolean;
  failures: Failure[];
}

export interface ServiceStatus {
  service: string;
  version: string;
  at: string;
  outbox: { pending: number; oldest_pending_seconds: number; parked: number };
  subscriptions: { name: string; waiting: number | null; parked: number }[];
  missing: string[] | null;
}

export interface Parked {
  id: string;
  place: string;
  subscription: string | null;
  event_id: string;
  type: string;
  reason: string;
  attempts: number;
  parked_at: string;
  size: number;
}

/** What one batch came to. */
export interface Requeued {
  requeued: number;
  refused: { id: string; code: string; detail: string }[];
  next_cursor: string | null;
}

export interface Delivery {
  id: string;
  kind: string;
  status: string;
  lead_id: string | null;
  recipient: string | null;
  webhook_id: string | null;
  event_type: string | null;
  about: string | null;
  attempts: number;
  next_attempt_at: string | null;
  last_status: number | null;
  last_error: string | null;
  created_at: string;
  updated_at: string;
}

export interface Webhook {
  id: string;
  url: string;
  types: string[];
  description: string;
  state: "enabled" | "paused" | "disabled";
  state_reason: string | null;
  failures: number;
  failing_since: string | null;
  resume_at: string | null;
  created_at: string;
}

/** What an operator says of a webhook. */
export type WebhookFields = Pick<Webhook, "url" | "types" | "description">;

export interface Ping {
  is_taken: boolean;
  status: number | null;
  error: string | null;
  duration_ms: number;
}

export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

export type Role = "admin" | "manager" | "reader" | "importer" | "intake";

export interface Me {
  name: string | null;
  roles: Role[];
  manager_id: string | null;
  auth: "on" | "off";
  expires_at: string | null;
}

export interface Token {
  access_token: string;
  expires_in: number;
}
