// Who joins hears first, and sends once that has come: a thin line carries one connection after the other, and not two at
// once. Pure.

/** The others are not kept waiting for longer. */
const MOST_MS = 4000;

export class HearsFirst {
  private since: number | null = null;
  private isOver = false;

  /** For how long still to wait before sending; 0: not any more, and never again. `awaited`: what there is to hear has not come. */
  waitMs(awaited: boolean, now: number): number {
    if (!awaited) this.isOver = true;
    this.since ??= now;
    const left = this.since + MOST_MS - now;
    if (left <= 0) this.isOver = true;
    return this.isOver ? 0 : left;
  }
}
