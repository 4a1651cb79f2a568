import { call } from "../api";
import { query } from "../ledger/calls";
import type { Page } from "../ledger/shapes";
import { sendFile } from "../ledger/upload";
import type { CheckLine, ClassLine, Fact, FactSubject, FactValue, Field, ImportReport, ImportWanted, MaterialLine, PairDetail, PairLine, PersonLine, PublicityLine, SchoolDetail, SchoolLine, Standard } from "./shapes";

// The registry's calls of the API.

/** All items of a list that is short enough to be shown whole. */
async function all<T>(path: string, values: object = {}): Promise<T[]> {
  const items: T[] = [];
  let after: string | undefined;
  do {
    const page: Page<T> = await call("GET", `${path}${query({ ...values, limit: 200, after })}`);
    items.push(...page.items);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return items;
}

export const listSchools = (values: object): Promise<Page<SchoolLine>> => call("GET", `/registry/schools${query(values)}`);
export const listPairs = (values: object = {}): Promise<PairLine[]> => all("/registry/pairs", values);
export const listClasses = (school: string): Promise<ClassLine[]> => all("/registry/classes", { school });
export const listPeople = (school: string): Promise<PersonLine[]> => all("/registry/people", { school });
export const listMaterials = (values: object): Promise<Page<MaterialLine>> => call("GET", `/registry/materials${query(values)}`);
export const listPublicity = (values: object): Promise<Page<PublicityLine>> => call("GET", `/registry/publicity${query(values)}`);
/** The last checks before class of a school. */
export const listChecks = (school: string, limit: number): Promise<Page<CheckLine>> => call("GET", `/checks${query({ school, limit })}`);
export const readFields = (): Promise<{ items: Field[] }> => call("GET", "/registry/fields");

export interface FactChange {
  subject: FactSubject;
  id: string;
  field: string;
  since: string;
  value: FactValue;
  /** The fact the editor saw; the server refuses (409 stale) when there is a newer one. */
  seen: string | null;
  reason: string;
}

export const putFact = (change: FactChange): Promise<Fact> => call("PUT", "/registry/facts", change);

export const readSchool = (id: string): Promise<SchoolDetail> => call("GET", `/registry/schools/${encodeURIComponent(id)}`);
export const addSchool = (body: { name: string; county?: string }): Promise<SchoolDetail> => call("POST", "/registry/schools", body);
export const readPair = (id: string): Promise<PairDetail> => call("GET", `/registry/pairs/${encodeURIComponent(id)}`);
export const addPair = (body: object): Promise<PairDetail> => call("POST", "/registry/pairs", body);
export const changeStatus = (id: string, body: { status: string; since: string; reason: string }): Promise<unknown> => call("POST", `/registry/pairs/${encodeURIComponent(id)}/status`, body);
export const addClass = (body: { school: string; name: string; students: number; since: string }): Promise<ClassLine> => call("POST", "/registry/classes", body);
export const putSizes = (body: { since: string; sizes: { class_id: string; students: number }[] }): Promise<unknown> => call("PUT", "/registry/classes/sizes", body);
export const listClassrooms = (school: string): Promise<{ id: string; name: string }[]> => all("/registry/classrooms", { school });
export const addClassroom = (body: { school: string; name: string }): Promise<unknown> => call("POST", "/registry/classrooms", body);
export const addPerson = (body: object): Promise<PersonLine> => call("POST", "/registry/people", body);
export const leavePerson = (id: string, left_on: string): Promise<unknown> => call("PUT", `/registry/people/${encodeURIComponent(id)}`, { left_on });
export const addMaterial = (body: { school?: string; pair?: string; title: string; file: string }): Promise<MaterialLine> => call("POST", "/registry/materials", body);
export const removeMaterial = (id: string): Promise<unknown> => call("DELETE", `/registry/materials/${encodeURIComponent(id)}`);
export const addPublicity = (body: object): Promise<PublicityLine> => call("POST", "/registry/publicity", body);
export const listStandards = (): Promise<{ items: Standard[] }> => call("GET", "/registry/standards");
export const exportAddress = (kind: string, format: "csv" | "xlsx"): string => `/api/v1/registry/export${query({ kind, format })}`;

function importAddress({ kind, since, stages, same }: ImportWanted, values: object): string {
  const answers = Object.entries(same);
  return `/api/v1/registry/imports${query({ kind, since, stages: stages || undefined, same: answers.length ? JSON.stringify(answers) : undefined, ...values })}`;
}
/** What each line of the file would do; nothing is written. */
export const previewImport = (file: File, wanted: ImportWanted): Promise<ImportReport> => sendFile(file, undefined, importAddress(wanted, { name: file.name, dry_run: true }));
/** Does what was previewed; the digest makes sure that it is the same file over the same registry. */
export const applyImport = (file: File, wanted: ImportWanted, digest: string): Promise<ImportReport> => sendFile(file, undefined, importAddress(wanted, { name: file.name, digest }));
