// Where a school's officer supplies what a cell of 附件3 lacks.

export interface Place {
  pair: string;
  month: string;
}

const ON_RETURN = /^(highlights|next_plan|other|filler)$/;
const ON_PAIR = /^(stage|agreement_signed|supporter\.(contact|phone|agreement_uploaded)|recipient\.(contact|phone|agreement_uploaded))$/;
const ON_SCHOOL = /\.(equipment|space|is_small)$/;
const ON_PUBLICITY = /^publicity\./;
const ON_MATERIALS = /\.materials$/;

/** The page's path, or null when nobody at a school can supply it. */
export function fixFor(cell: string, { pair, month }: Place): string | null {
  if (ON_RETURN.test(cell)) return `/school/return/${month}/${encodeURIComponent(pair)}#texts`;
  if (ON_PAIR.test(cell)) return `/school/pairs/${encodeURIComponent(pair)}`;
  if (ON_SCHOOL.test(cell)) return "/school/registry";
  if (ON_PUBLICITY.test(cell)) return "/school/publicity";
  if (ON_MATERIALS.test(cell)) return "/school/materials";
  return /^(sync|delivery|master|training)\./.test(cell) || cell === "subjects" ? "/school/hand" : null;
}

/** Without what comes by itself: whoever submits is the 填报人. */
export const toSupply = <T extends { cell: string }>(missing: readonly T[]): T[] => missing.filter((each) => each.cell !== "filler");
