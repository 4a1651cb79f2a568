// Lost sound that is asked for again comes a round trip later. The browser's buffer is shorter than that on most lines,
// so that it is asked to wait while there is loss, and no longer. Pure.

const LOSSY = 0.01;
/** Once loss is mended none is seen any more: it is remembered for so long. */
const HOLDS_MS = 60_000;
/** What a packet waits at both ends besides the way itself. */
const MARGIN_MS = 80;
const LEAST_MS = 120;
/** Longer, and people begin to talk over each other. */
const MOST_MS = 300;
const EVERY_MS = 1000;

export interface Sound {
  received: number;
  lost: number;
  roundTripMs: number | null;
}

export class Patience {
  private last: (Sound & { at: number }) | null = null;
  private lossyUntil = -Infinity;

  /** How long the buffer should hold sound, in milliseconds; null: as the browser likes. Undefined: as before. */
  target(sound: Sound, now: number): number | null | undefined {
    if (this.last === null) this.last = { ...sound, at: now };
    if (now - this.last.at < EVERY_MS) return undefined;
    const lost = sound.lost - this.last.lost;
    if (lost > LOSSY * (lost + sound.received - this.last.received)) this.lossyUntil = now + HOLDS_MS;
    this.last = { ...sound, at: now };
    if (now >= this.lossyUntil) return null;
    return Math.min(MOST_MS, Math.max(LEAST_MS, Math.round((sound.roundTripMs ?? 0) + MARGIN_MS)));
  }
}
