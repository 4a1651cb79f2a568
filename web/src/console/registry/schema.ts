import type { FactValue } from "./shapes";

// From a field's JSON Schema to the inputs of its editor. Only what the registry's table uses; anything else is a text.

export interface JsonSchema {
  type?: string;
  format?: string;
  enum?: string[];
  anyOf?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
}

export type InputKind = "text" | "number" | "date" | "choice" | "yes_no" | "lines" | "group" | "rows" | "file" | "files" | "school";

export interface Input {
  kind: InputKind;
  name: string;
  required: boolean;
  choices: string[];
  parts: Input[];
  min?: number;
  max?: number;
}

const SCHOOLS = new Set(["parent"]);
const FILES = new Set(["file"]);

export function inputOf(schema: JsonSchema, name: string, choices: string[] = [], required = true, defs: Record<string, JsonSchema> = schema.$defs ?? {}): Input {
  const plain = { name, required, choices: [] as string[], parts: [] as Input[] };
  const given = schema.$ref ? (defs[schema.$ref.split("/").at(-1) ?? ""] ?? {}) : schema;
  const some = given.anyOf?.find((each) => each.type !== "null");
  if (some) return inputOf(some, name, choices, false, defs);
  if (given.enum) return { ...plain, kind: "choice", choices: choices.length ? choices : given.enum };
  if (given.type === "boolean") return { ...plain, kind: "yes_no" };
  if (given.type === "integer" || given.type === "number") return { ...plain, kind: "number", ...(given.minimum === undefined ? {} : { min: given.minimum }), ...(given.maximum === undefined ? {} : { max: given.maximum }) };
  if (given.type === "array") {
    const of = inputOf(given.items ?? {}, name, [], true, defs);
    return of.kind === "group" ? { ...plain, kind: "rows", parts: of.parts } : { ...plain, kind: "lines" };
  }
  if (given.type === "object") {
    const must = new Set(given.required);
    return { ...plain, kind: "group", parts: Object.entries(given.properties ?? {}).map(([part, shape]) => inputOf(shape, part, [], must.has(part), defs)) };
  }
  if (given.format === "date") return { ...plain, kind: "date" };
  return { ...plain, kind: SCHOOLS.has(name) ? "school" : FILES.has(name) ? "file" : "text" };
}

type Values = Readonly<Record<string, FactValue>>;
const asValues = (value: unknown): Values => (value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Values) : {});

/** What an editor begins with: the value, or the emptiest that fits. */
export function draftOf(input: Input, value: FactValue): FactValue {
  if (input.kind === "group") return Object.fromEntries(input.parts.map((part) => [part.name, draftOf(part, asValues(value)[part.name] ?? null)]));
  if (input.kind === "rows") return (Array.isArray(value) ? value : []).map((row) => Object.fromEntries(input.parts.map((part) => [part.name, draftOf(part, asValues(row)[part.name] ?? null)])));
  if (input.kind === "lines") return Array.isArray(value) ? value.join("\n") : "";
  return value ?? (input.kind === "yes_no" || input.kind === "file" ? null : "");
}

/** The value to send of an editor's draft; null for what was left empty. */
export function valueOf(input: Input, draft: FactValue): FactValue {
  if (input.kind === "group") {
    const filled = input.parts.map((part) => [part.name, valueOf(part, asValues(draft)[part.name] ?? null)] as const);
    return Object.fromEntries(filled.filter(([, value]) => value !== null));
  }
  if (input.kind === "rows") return (Array.isArray(draft) ? draft : []).map((row) => valueOf({ ...input, kind: "group" }, row));
  if (input.kind === "lines") return String(draft ?? "").split("\n").map((line) => line.trim()).filter(Boolean);
  if (input.kind === "number") return draft === "" || draft === null ? null : Number(draft);
  return typeof draft === "string" ? draft.trim() || null : draft;
}

/** The names of required parts that a value lacks; "" stands for the whole. */
export function lacks(input: Input, value: FactValue): string[] {
  if (input.kind === "group") return input.parts.flatMap((part) => (part.required && (asValues(value)[part.name] ?? null) === null ? [part.name] : []));
  if (input.kind === "rows") return (Array.isArray(value) ? value : []).flatMap((row) => lacks({ ...input, kind: "group" }, row));
  return value === null ? [""] : [];
}

/** The day a value speaks of itself (signed on, opened on): what it is true since, unless somebody says otherwise. */
export function ownDay(input: Input, value: FactValue): string | null {
  const part = input.kind === "group" ? input.parts.find((each) => each.kind === "date" && each.required) : undefined;
  const day = part ? asValues(value)[part.name] : null;
  return typeof day === "string" ? day : null;
}
