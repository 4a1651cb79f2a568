import type { Instant } from "../protocol";

/** 环节. */
export interface Step {
  title: string;
  minutes: number;
  leads: string;
  note: string;
  /** Courseware of the school that teaches; of a deleted one the name is empty. */
  files: { id: string; name: string }[];
}

/** The run of a lesson (备课); `version` 0: nobody has written one yet. */
export interface Plan {
  version: number;
  title: string;
  steps: Step[];
  edited_by: string;
  edited_at: Instant | null;
}

export interface Draft {
  title: string;
  steps: Step[];
}

export const MAX_STEPS = 30;

export const minutesOf = (steps: readonly Step[]): number => steps.reduce((sum, step) => sum + (Number(step.minutes) || 0), 0);

/** What is asked of the server to keep. */
export const wished = ({ title, steps }: Draft): unknown => ({ title: title.trim(), steps: steps.map((step) => ({ ...step, title: step.title.trim(), minutes: Number(step.minutes) || 1, files: step.files.map((file) => file.id) })) });

export const isSame = (one: Draft, other: Draft): boolean => JSON.stringify(wished(one)) === JSON.stringify(wished(other));

export const draftOf = (plan: Draft): Draft => ({ title: plan.title, steps: plan.steps.map((step) => ({ ...step, files: [...step.files] })) });

/** Mine, and behind it those of their steps that neither I nor the version we both began with have. */
export function joined(mine: Draft, theirs: Draft, before: Draft): Draft {
  const known = new Set([...mine.steps, ...before.steps].map((step) => step.title.trim()));
  return { title: mine.title.trim() || theirs.title, steps: [...mine.steps, ...theirs.steps.filter((step) => !known.has(step.title.trim()))].slice(0, MAX_STEPS) };
}

/** The seconds each step has taken until now. */
export function spent(now: { step: number | null; since: Instant | null; spent_s: readonly number[] }, step: number, at_ms: number): number {
  const before = now.spent_s[step] ?? 0;
  return now.step === step && now.since !== null ? before + Math.max(0, (at_ms - Date.parse(now.since)) / 1000) : before;
}
