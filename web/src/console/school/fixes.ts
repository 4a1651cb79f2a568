// Where an officer supplies what a cell of 附件3 lacks, or looks at a record behind one.

export interface Place {
  pair: string;
  month: string;
}

/** Each desk has the same pages under addresses of its own. */
interface Desk {
  returns: string;
  pairs: string;
  schools: string;
  publicity: string;
  materials: string;
  hand: string;
}

const SCHOOL: Desk = {
  returns: "/school/return",
  pairs: "/school/pairs",
  schools: "/school/registry",
  publicity: "/school/publicity",
  materials: "/school/materials",
  hand: "/school/hand",
};
const BUREAU: Desk = {
  returns: "/bureau/returns",
  pairs: "/bureau/registry/pairs",
  schools: "/bureau/registry/schools",
  publicity: "/bureau/registry/publicity",
  materials: "/bureau/registry/materials",
  hand: "/bureau/hand",
};

export const deskOf = (school: object | null | undefined): Desk => (school ? SCHOOL : BUREAU);

const ON_RETURN = /^(highlights|next_plan|other|filler)$/;
const ON_PAIR = /^(stage|agreement_signed|(supporter|recipient)\.(contact|phone|agreement_uploaded))$/;
const ON_SCHOOL = /\.(equipment|space|is_small)$/;
const ON_PUBLICITY = /^publicity\./;
const ON_MATERIALS = /\.materials$/;
const ON_ACTIVITIES = /^((sync|delivery|master|training)\..*|subjects)$/;

/** The page's path, or null when nobody can supply it. */
export function fixFor(cell: string, { pair, month }: Place, desk: Desk): string | null {
  if (ON_RETURN.test(cell)) return `${desk.returns}/${month}/${encodeURIComponent(pair)}#texts`;
  if (ON_PAIR.test(cell)) return `${desk.pairs}/${encodeURIComponent(pair)}`;
  if (ON_SCHOOL.test(cell)) return desk.schools;
  if (ON_PUBLICITY.test(cell)) return desk.publicity;
  if (ON_MATERIALS.test(cell)) return desk.materials;
  return ON_ACTIVITIES.test(cell) ? desk.hand : null;
}

/** The page of a record (`material:…`, `pair:…`), or null when it has none. Activities open where they are asked for. */
export function pageOf(ref: string, { pair }: Place, desk: Desk): string | null {
  const [kind = "", id = ""] = ref.split(":", 2);
  if (kind === "material") return desk.materials;
  if (kind === "publicity") return desk.publicity;
  if (kind === "pair") return `${desk.pairs}/${encodeURIComponent(id)}`;
  return kind === "fact" ? `${desk.pairs}/${encodeURIComponent(pair)}` : null;
}

/** Without what comes by itself: whoever submits is the 填报人. */
export const toSupply = <T extends { cell: string }>(missing: readonly T[]): T[] => missing.filter((each) => each.cell !== "filler");
