import { call } from "../api";
import { query } from "../ledger/calls";
import type { Page } from "../ledger/shapes";
import type { ConsentLine, KeptCounts, KeptLine, NewConsent, Publication, Purpose, Which } from "./shapes";

// What the desks ask of recordings and of the register of consents.

const of = (lesson: string): string => `/recordings/${encodeURIComponent(lesson)}`;

export const listRecordings = (which: Which, after?: string): Promise<Page<KeptLine>> => call("GET", `/recordings${query({ which, after, limit: 50 })}`);
export const countRecordings = (): Promise<KeptCounts> => call("GET", "/recordings/counts");
export const erase = (lesson: string, reason: string): Promise<null> => call("POST", `${of(lesson)}/erasure`, { reason });
export const hold = (lesson: string, reason: string): Promise<null> => call("PUT", `${of(lesson)}/hold`, { reason });
export const release = (lesson: string): Promise<null> => call("DELETE", `${of(lesson)}/hold`);
export const askExtension = (lesson: string, reason: string): Promise<null> => call("POST", `${of(lesson)}/extension`, { reason });
export const decideExtension = (lesson: string, until: string | null): Promise<null> => call("PUT", `${of(lesson)}/extension`, { until });
export const askPublication = (lesson: string, pupils: boolean, reason: string): Promise<Publication> => call("POST", `${of(lesson)}/publications`, { pupils, reason });
export const decidePublication = (id: string, approve: boolean, word = ""): Promise<Publication> => call("PUT", `/publications/${encodeURIComponent(id)}/decision`, { approve, word });
export const withdrawPublication = (id: string, reason: string): Promise<Publication> => call("POST", `/publications/${encodeURIComponent(id)}/withdrawal`, { reason });

export const listConsents = (values: object): Promise<Page<ConsentLine>> => call("GET", `/registry/consents${query(values)}`);
export const noteConsent = (entry: NewConsent): Promise<ConsentLine> => call("POST", "/registry/consents", entry);
export const withdrawConsent = (class_id: string, purpose: Purpose, reason: string): Promise<ConsentLine> => call("POST", `/registry/consents/${encodeURIComponent(class_id)}/withdrawal`, { purpose, reason });
