import type { Key } from "../strings";

// The fields of the policy as the page shows them: in groups, each with its kind of input. Labels and hints stand in the
// strings under policy_{name} and policy_{name}_hint.

export type Input =
  | { as: "line" | "notice" | "flag" | "day" }
  | { as: "number"; least: number; most: number; unit?: Key; optional?: boolean }
  | { as: "choice"; of: readonly string[] }
  | { as: "years" | "targets" | "lines" | "goals" };

export interface PolicyField {
  name: string;
  input: Input;
}

export interface PolicyGroup {
  name: Key;
  fields: PolicyField[];
}

const number = (least: number, most: number, unit?: Key): Input => (unit ? { as: "number", least, most, unit } : { as: "number", least, most });
const choice = (...of: string[]): Input => ({ as: "choice", of });

export const GROUPS: readonly PolicyGroup[] = [
  {
    name: "policy_county_group",
    fields: [
      { name: "unit", input: { as: "line" } },
      { name: "county", input: { as: "line" } },
      { name: "programme", input: { as: "line" } },
      { name: "task", input: { as: "years" } },
      { name: "goal_min", input: number(0, 100_000, "unit_schools") },
      { name: "school_total", input: { as: "number", least: 0, most: 100_000, unit: "unit_schools", optional: true } },
      { name: "coverage_goals", input: { as: "goals" } },
    ],
  },
  {
    name: "policy_ways_group",
    fields: [
      { name: "count_unit", input: choice("schools", "pairs") },
      { name: "rate_denominator", input: choice("actual", "task") },
      { name: "activity_scope", input: choice("any_side", "recipient_side") },
      { name: "rollup_mode", input: choice("sum", "distinct") },
      { name: "include_unconfirmed", input: { as: "flag" } },
      { name: "month_window", input: choice("cutoff_26", "calendar") },
      { name: "school_due_inclusive", input: { as: "flag" } },
    ],
  },
  {
    name: "policy_counting_group",
    fields: [
      { name: "counting.need_min", input: number(1, 240, "unit_minutes") },
      { name: "counting.need_percent", input: number(1, 100, "unit_percent") },
      { name: "counting.low_percent", input: number(1, 100, "unit_percent") },
      { name: "counting.reconnect_grace_s", input: number(0, 900, "unit_seconds") },
      { name: "counting.flow_gap_s", input: number(1, 60, "unit_seconds") },
      { name: "counting.zone_before_min", input: number(0, 60, "unit_minutes") },
      { name: "counting.zone_after_min", input: number(0, 60, "unit_minutes") },
      { name: "counting.adhoc_end_min", input: number(1, 240, "unit_minutes") },
      { name: "counting.adhoc_limit_min", input: number(1, 600, "unit_minutes") },
      { name: "counting.adhoc_merge_min", input: number(0, 240, "unit_minutes") },
      { name: "counting.count_view_only", input: { as: "flag" } },
      { name: "counting.count_observers", input: { as: "flag" } },
      { name: "counting.view_percent", input: number(1, 100, "unit_percent") },
      { name: "counting.view_need_min", input: number(1, 240, "unit_minutes") },
      { name: "counting.training_need_min", input: number(1, 240, "unit_minutes") },
      { name: "counting.training_person_min", input: number(1, 240, "unit_minutes") },
    ],
  },
  {
    name: "policy_goals_group",
    fields: [
      { name: "targets", input: { as: "targets" } },
      { name: "forms_min", input: number(0, 4, "unit_forms") },
      { name: "targets_by", input: { as: "day" } },
      { name: "county_level_percent", input: number(1, 100, "unit_percent") },
      { name: "small_max", input: number(0, 100_000, "unit_pupils") },
      { name: "ending_days", input: number(0, 100_000, "unit_days") },
      { name: "pending_days", input: number(1, 60, "unit_workdays") },
      { name: "median_times", input: number(2, 20, "unit_times") },
    ],
  },
  {
    name: "policy_paper_group",
    fields: [
      { name: "school_report_to", input: { as: "notice" } },
      { name: "bureau_report_to", input: { as: "lines" } },
      { name: "show_leader_line", input: { as: "flag" } },
      { name: "show_window_on_paper", input: { as: "flag" } },
      { name: "review_items", input: { as: "lines" } },
    ],
  },
];

type Values = Record<string, unknown>;

/** The value at "counting.need_min". */
export function valueAt(values: Values, name: string): unknown {
  return name.split(".").reduce<unknown>((inside, part) => (inside as Values | undefined)?.[part], values);
}

/** A copy with the value at "counting.need_min" replaced. */
export function withValue(values: Values, name: string, value: unknown): Values {
  const [first = "", ...rest] = name.split(".");
  return { ...values, [first]: rest.length ? withValue((values[first] ?? {}) as Values, rest.join("."), value) : value };
}

/** Names of the fields in which two policies differ, in the page's order. */
export function changedFields(one: Values, other: Values): string[] {
  return GROUPS.flatMap((group) => group.fields.map((field) => field.name)).filter((name) => JSON.stringify(valueAt(one, name)) !== JSON.stringify(valueAt(other, name)));
}
