// Which parts of a video were really played: while it moved, in sight, at its own pace. Pure: the times are handed in.

export type Part = [from_ms: number, to_ms: number];

/** So much further than the wall's time a position may have gone by itself: a timer is late, a picture is long. */
const SLACK_MS = 400;
/** A page asleep tells nothing of what was between. */
const MOST_MS = 5_000;

export class PlayedParts {
  private parts: Part[] = [];
  private last: { position: number; at: number } | null = null;

  /** Called several times a second. `plays`: it moves, and can be seen. */
  tick(position_ms: number, now_ms: number, speed: number, plays: boolean): void {
    const last = this.last;
    this.last = plays ? { position: position_ms, at: now_ms } : null;
    if (!last) return;
    const gone = position_ms - last.position;
    const wall = now_ms - last.at;
    if (gone <= 0 || wall > MOST_MS || gone > wall * Math.max(speed, 1) + SLACK_MS) return;
    const open = this.parts.at(-1);
    if (open && open[1] === Math.round(last.position)) open[1] = Math.round(position_ms);
    else this.parts.push([Math.round(last.position), Math.round(position_ms)]);
  }

  /** Those to be told next, at most `most`; they stay until they are forgotten. */
  told(most = 100): Part[] {
    return this.parts.slice(0, most).map(([from, to]) => [from, to]);
  }

  /** These have been told. The last of them may have grown since. */
  forget(told: Part[]): void {
    const last = told.at(-1);
    const grown = this.parts[told.length - 1];
    const rest = this.parts.slice(told.length);
    if (last && grown && grown[1] > last[1]) rest.unshift([last[1], grown[1]]);
    this.parts = rest;
  }
}
