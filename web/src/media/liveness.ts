// Is the other end of a media connection still there? Chromium needs 5 s to say "disconnected" and 15 s to say "failed";
// the number of packets received standing still says it in 1.5 s (the server sends something every 500 ms at the latest).

export const STILL_MS = 1500;
/** The same when there is reason to doubt it: the server says something twice a second. */
export const SUSPECT_MS = 600;
const SUSPECT_FOR_MS = 3000;
/** From the answer to the first packet: ICE and DTLS over a slow line need a few round trips. */
export const FIRST_PACKET_MS = 5000;

export class Liveness {
  private count: number | null = null;
  private movedAt: number;
  private sampledAt: number;
  private suspectUntil = 0;

  constructor(private readonly bornAt: number) {
    this.movedAt = bornAt;
    this.sampledAt = bornAt;
  }

  /** `count`: packets (or bytes) received so far. True when the connection has to be given up. */
  isDead(now: number, count: number): boolean {
    const slept = now - this.sampledAt > STILL_MS;
    this.sampledAt = now;
    if (this.count === null || count !== this.count) {
      if (count > 0) this.movedAt = now;
      this.count = count;
      return count === 0 && now - this.bornAt > FIRST_PACKET_MS;
    }
    if (count === 0) return now - this.bornAt > FIRST_PACKET_MS;
    // Nobody looked for a while (sleeping tab, suspended PC): one sample proves nothing, watch on from here.
    if (slept) this.movedAt = now;
    return now - this.movedAt >= (now < this.suspectUntil ? SUSPECT_MS : STILL_MS);
  }

  /** What comes in now may only be what had been waiting here while the device slept: look more closely for a while. */
  suspect(now: number): void {
    this.suspectUntil = now + SUSPECT_FOR_MS;
  }

  /** Milliseconds since the last sign of life. */
  silentMs(now: number): number {
    return now - this.movedAt;
  }
}

interface StatsEntry {
  type: string;
  packetsReceived?: number;
  bytesReceived?: number;
  nominated?: boolean;
}

/** Packets received over the whole transport; where a browser does not count those (Firefox), bytes over the nominated pair. */
export function receivedSoFar(entries: Iterable<StatsEntry>): number | null {
  let pairBytes: number | null = null;
  for (const entry of entries) {
    if (entry.type === "transport" && entry.packetsReceived !== undefined) return entry.packetsReceived;
    if (entry.type === "candidate-pair" && entry.nominated && entry.bytesReceived !== undefined) {
      pairBytes = (pairBytes ?? 0) + entry.bytesReceived;
    }
  }
  return pairBytes;
}
