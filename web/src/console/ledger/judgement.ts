import type { Key } from "../strings";
import type { ActivityDetail } from "./shapes";

// The rules an activity passed or failed, in the order in which they are looked at: what leads from a verdict to its reason.

export interface Check {
  ok: boolean | "ask";
  key: Key;
  values: Record<string, string | number>;
}

const NO_VALUES = {};

/** What decides alone, whatever the connections were. */
const PRECONDITIONS: readonly [flag: string, yes: Key, no: Key][] = [
  ["pair_inactive", "check_pair", "check_pair_no"],
  ["test", "check_test", "check_test_no"],
  ["cancelled", "check_cancelled", "check_cancelled_no"],
];
/** Why the two sides were not together. */
const ABSENCES: readonly [flag: string, no: Key][] = [
  ["not_held", "check_nobody"],
  ["no_host_room", "check_host_no"],
  ["no_rural_room", "check_rural_no"],
  ["not_interactive", "check_rural_one_way"],
];

function minutesCheck(activity: ActivityDetail): Check {
  const { minutes, need, low } = activity;
  if (minutes >= need) return { ok: true, key: "check_minutes", values: { minutes, need } };
  if (minutes >= low) return { ok: "ask", key: "check_minutes_low", values: { minutes, need } };
  return { ok: false, key: "check_minutes_no", values: { minutes, low } };
}

function wordChecks(activity: ActivityDetail): Check[] {
  const decided = activity.words.filter((word) => word.state === "applied" && (word.kind === "confirm" || word.kind === "reject")).at(-1);
  if (!decided) return [];
  return [{ ok: decided.kind === "confirm", key: decided.kind === "confirm" ? "check_confirmed" : "check_rejected", values: { by: decided.by_name } }];
}

export function judgement(activity: ActivityDetail): Check[] {
  const flags = new Set(activity.flags.map((flag) => flag.code));
  const checks: Check[] = PRECONDITIONS.filter(([flag]) => flag === "pair_inactive" || !activity.is_hand || flags.has(flag)).map(([flag, yes, no]) => ({
    ok: !flags.has(flag),
    key: flags.has(flag) ? no : yes,
    values: NO_VALUES,
  }));
  if (flags.has("one_sided")) checks.push({ ok: false, key: "check_one_sided", values: NO_VALUES });
  if (flags.has("not_signed_in")) checks.push({ ok: false, key: "check_not_signed_in", values: NO_VALUES });
  if (flags.has("too_short")) checks.push({ ok: false, key: "check_too_short", values: NO_VALUES });
  if (activity.is_hand) {
    if (activity.kind === "sync") checks.push({ ok: "ask", key: "check_hand", values: NO_VALUES });
  } else if (activity.kind === "sync") {
    const absence = ABSENCES.find(([flag]) => flags.has(flag));
    if (absence) checks.push({ ok: false, key: absence[1], values: NO_VALUES });
    else checks.push({ ok: true, key: "check_host", values: NO_VALUES }, { ok: true, key: "check_rural", values: NO_VALUES }, minutesCheck(activity));
    if (flags.has("reverse")) checks.push({ ok: "ask", key: "check_reverse", values: NO_VALUES });
    if (flags.has("pair_not_listed")) checks.push({ ok: "ask", key: "check_unlisted", values: NO_VALUES });
  }
  else if (activity.kind === "training" && activity.state === "counted") checks.push({ ok: true, key: "check_together", values: { minutes: activity.minutes, need: activity.need } });
  return [...checks, ...wordChecks(activity)];
}
