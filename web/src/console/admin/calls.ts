import { call } from "../api";
import { query } from "../ledger/calls";
import type { Instant, Page } from "../ledger/shapes";
import type { Role } from "../session";

// The administrator's calls of the API.

export interface AccountLine {
  id: string;
  login: string;
  name: string;
  role: Role;
  school: string | null;
  school_name: string | null;
  created_at: Instant;
  disabled_at: Instant | null;
  must_change: boolean;
  once_until: Instant | null;
  version: number;
}

export interface MadePassword {
  account: AccountLine;
  password: string;
}

export interface AccountQuery {
  q?: string;
  role?: string;
  after?: string;
}

const account = (id: string): string => `/accounts/${encodeURIComponent(id)}`;
export const listAccounts = (wanted: AccountQuery): Promise<Page<AccountLine>> => call("GET", `/accounts${query(wanted)}`);
export const createAccount = (body: { login: string; name: string; role: Role; school?: string }): Promise<MadePassword> => call("POST", "/accounts", body);
export const changeAccount = (id: string, body: { version: number; name?: string; role?: Role; school?: string | null }): Promise<AccountLine> => call("PATCH", account(id), body);
export const switchAccount = (id: string, to: "enable" | "disable"): Promise<AccountLine> => call("POST", `${account(id)}/${to}`);
export const resetAccount = (id: string): Promise<MadePassword> => call("POST", `${account(id)}/reset`);

export interface AuditEntry {
  seq: number;
  at: Instant;
  actor_kind: string;
  actor: string;
  actor_name: string;
  action: string;
  action_text: string | null;
  subject: string;
  subject_name: string | null;
  detail: unknown;
}

export interface AuditQuery {
  action?: string;
  actor?: string;
  subject?: string;
  first?: string;
  last?: string;
  after?: string;
}

export interface Verified {
  rows: number;
  head: string;
  broken_at: number | null;
}

export const listAudit = (wanted: AuditQuery): Promise<Page<AuditEntry>> => call("GET", `/audit${query(wanted)}`);
export const auditActions = (): Promise<{ actions: { action: string; text: string }[] }> => call("GET", "/audit/actions");
export const verifyAudit = (): Promise<Verified> => call("POST", "/audit/verify");

export interface Program {
  id: string;
  name: string;
  scopes: string[];
  created_at: Instant;
  expires_at: Instant;
  revoked_at: Instant | null;
  last_used_at: Instant | null;
}

export const SCOPES = ["sessions", "activities", "returns", "registry", "evidence"] as const;
export const listPrograms = (): Promise<{ items: Program[] }> => call("GET", "/programs");
export const makeProgram = (body: { name: string; scopes: string[]; days: number }): Promise<{ program: Program; token: string }> => call("POST", "/programs", body);
export const revokeProgram = (id: string): Promise<unknown> => call("POST", `/programs/${encodeURIComponent(id)}/revoke`);

export interface Webhook {
  id: string;
  url: string;
  kinds: string[];
  state: "active" | "paused" | "disabled";
  created_at: Instant;
  waiting: number;
  last_received_at: Instant | null;
  failed_since: Instant | null;
  failures: number;
  last_error: string | null;
  next_at: Instant;
}

export const EVENTS = ["lesson.ended", "activity.changed", "return.submitted", "return.given_back", "return.received", "return.signed", "return.sent", "return.revised"] as const;
export const listWebhooks = (): Promise<{ items: Webhook[] }> => call("GET", "/webhooks");
export const makeWebhook = (body: { url: string; kinds: string[] }): Promise<{ webhook: Webhook; secret: string }> => call("POST", "/webhooks", body);
export const actOnWebhook = (id: string, action: "pause" | "resume" | "replay"): Promise<unknown> => call("POST", `/webhooks/${encodeURIComponent(id)}/${action}`);
export const removeWebhook = (id: string): Promise<unknown> => call("DELETE", `/webhooks/${encodeURIComponent(id)}`);

export interface StandingLink {
  id: string;
  role: "teacher" | "classroom";
  school_name: string | null;
  classroom_name: string | null;
  /** Whose a teacher's link is. */
  name: string | null;
  created_at: Instant;
  revoked_at: Instant | null;
}

export const listLinks = (): Promise<{ links: StandingLink[] }> => call("GET", "/links");
export const makeLink = (body: { role: string; school: string; classroom?: string; name?: string }): Promise<{ id: string; page: string }> => call("POST", "/links", body);
export const revokeLink = (id: string): Promise<unknown> => call("DELETE", `/links/${encodeURIComponent(id)}`);
