// How a film that runs beside the leading one is kept in time with it. Pure.

/** Further off than this it jumps; nearer it only runs a little faster or slower, which nobody sees or hears. */
export const JUMP_S = 0.4;
/** Nearer than this it is left alone: a picture of 25 a second stands for longer. */
export const EASE_S = 0.025;
/** Of the speed. Higher pitches are taken out by the browser, the pace is not noticed. */
export const MOST = 0.12;

/** What to do with a film that is `behind_s` behind (negative: ahead): jump, or play at so many times the speed. */
export function correction(behind_s: number): "jump" | number {
  const off_s = Math.abs(behind_s);
  if (off_s > JUMP_S) return "jump";
  return off_s < EASE_S ? 1 : 1 + Math.max(-MOST, Math.min(MOST, behind_s));
}

export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2] as const;

/** The next speed up or down from this one. */
export function nextSpeed(speed: number, step: 1 | -1): number {
  const here = SPEEDS.findIndex((each) => each >= speed - 0.001);
  return SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, here + step))] ?? 1;
}
