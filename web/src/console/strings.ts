// Every sentence of the console: one catalogue out of one file a desk, Chinese first. The classroom's pages have their own.

import { catalogue as shared } from "../catalogue";
import { fill, lang } from "../strings";
import { admin } from "./strings/admin";
import { bureau } from "./strings/bureau";
import { library } from "./strings/library";
import { keeping } from "./strings/keeping";
import { ledger } from "./strings/ledger";
import { registry } from "./strings/registry";
import { school } from "./strings/school";
import { shell } from "./strings/shell";

export { lang };

export const catalogue = { ...shared, ...shell, ...bureau, ...admin, ...keeping, ...ledger, ...library, ...registry, ...school };

export type Key = keyof typeof catalogue;

export function t(key: Key, values: Record<string, string | number> = {}): string {
  return fill(catalogue[key][lang() === "en" ? 1 : 0], values);
}

/** The sentence of a key made from what the server says, or what the server says when there is none. */
export function named(prefix: string, value: string): string {
  const key = `${prefix}${value}`;
  return key in catalogue ? t(key as Key) : value;
}
