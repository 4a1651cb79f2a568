// Is this seat's own line too narrow for what it sends? The browser adapts by itself and says so in its statistics; the
// people at both ends only see a picture that got worse, so that somebody has to tell them why. It sends some picture
// whatever happens, though: where that fills the line, sound suffers, and so does all that asks for sound again. Pure.

/** A connection begins with an estimate that is far too low and needs this long to find what the line carries. */
const BEGINS_MS = 15_000;
/** Held back for so long of the window, it is no matter of a moment. */
const WINDOW_MS = 10_000;
const NARROW_MS = 8_000;
const WIDE_MS = 1_000;
/** As little as the browser sends of a picture, and a little more. */
const LEAST_BPS = 40_000;
const QUEUE_S = 0.3;
/** Of sound, by the server's report. It asks for error correction against no more than a quarter: this got lost. */
const MUCH_LOST = 0.4;
const THIN_MS = 2_000;
/** What was sent before the browser held back stands in the line for a moment. */
const DRAINS_MS = 1_000;
/** A thin line is tried again after so long, twice as long each time that it was still thin; two minutes later where no
 * picture comes in either: each attempt costs sound. */
const PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 120_000;
const PROVED_MS = 30_000;
/** What stands in the line has gone by then; in three seconds the server would call the picture broken. */
const BLOCKED_MS = 2_500;

/** `thin`: even the least picture fills the line, and sound waits behind it; at first it is `blocked` by that queue. */
export type Width = "wide" | "narrow" | "thin" | "blocked";

interface Entry {
  type: string;
  kind?: string;
  active?: boolean;
  qualityLimitationReason?: string;
  targetBitrate?: number;
  nominated?: boolean;
  currentRoundTripTime?: number;
  responsesReceived?: number;
  roundTripTime?: number;
  roundTripTimeMeasurements?: number;
  fractionLost?: number;
}

export class Uplink {
  private samples: { at: number; held: number }[] = [];
  private isNarrow = false;
  private leastSince: number | null = null;
  private trip = { at: -Infinity, isLong: false };
  private lostMuchAt = -Infinity;
  private measured: readonly number[] = [];
  private thinSince = -Infinity;
  private thinUntil = -Infinity;
  private pauseMs = PAUSE_MS;

  /** `isThin`: the line is known to be thin. */
  constructor(
    private readonly bornAt: number,
    isThin = false,
  ) {
    if (isThin) this.thinUntil = bornAt + PAUSE_MS;
  }

  /** Takes a sample of getStats. `isStarved`: there is no room for the pictures that come in. */
  width(report: Iterable<Entry>, now: number, isStarved = false): Width {
    const entries = [...report];
    const sent = entries.filter((each) => each.type === "outbound-rtp" && each.kind === "video" && each.active !== false);
    const isHeld = sent.some((each) => each.qualityLimitationReason === "bandwidth");
    const isNarrow = this.narrow(isHeld, now);
    const isLeast = sent.reduce((sum, each) => sum + (each.targetBitrate ?? 0), 0) <= LEAST_BPS;
    this.measure(entries, now);
    if (this.thin(isHeld && isLeast, isStarved, now)) return now - this.thinSince < BLOCKED_MS ? "blocked" : "thin";
    return isNarrow ? "narrow" : "wide";
  }

  private narrow(isHeld: boolean, now: number): boolean {
    const last = this.samples.at(-1);
    this.samples.push({ at: now, held: isHeld && last ? now - last.at : 0 });
    while (this.samples.length > 1 && now - (this.samples[0]?.at ?? now) > WINDOW_MS) this.samples.shift();
    if (now - this.bornAt < BEGINS_MS) return false;
    const held = this.samples.reduce((sum, each) => sum + each.held, 0);
    this.isNarrow = held >= (this.isNarrow ? WIDE_MS : NARROW_MS);
    return this.isNarrow;
  }

  /**
   * Connectivity checks measure the round trip every few seconds, the server's reports once a second. One that is old says
   * nothing of the queue that stands there now; one that is short, that there is none. Where the queue is full, what they
   * would measure by gets lost with the rest: they go on with an old measure, and with what they missed.
   */
  private measure(entries: readonly Entry[], now: number): void {
    const trips = entries.flatMap((each) => {
      if (each.type === "candidate-pair" && each.nominated) return [{ s: each.currentRoundTripTime ?? 0, count: each.responsesReceived ?? 0, lost: 0 }];
      if (each.type !== "remote-inbound-rtp" || each.roundTripTime === undefined) return [];
      return [{ s: each.roundTripTime, count: each.roundTripTimeMeasurements ?? 0, lost: each.kind === "audio" ? (each.fractionLost ?? 0) : 0 }];
    });
    const fresh = trips.filter((each, at) => each.count !== this.measured[at]);
    this.measured = trips.map((each) => each.count);
    if (fresh.some((each) => each.lost > MUCH_LOST)) this.lostMuchAt = now;
    if (fresh.length > 0) this.trip = { at: now, isLong: Math.min(...fresh.map((each) => each.s)) > QUEUE_S };
  }

  private thin(isLeast: boolean, isStarved: boolean, now: number): boolean {
    if (now < this.thinUntil + (isStarved ? LONGEST_PAUSE_MS : 0)) return true;
    this.leastSince = isLeast ? (this.leastSince ?? now) : null;
    if (this.leastSince === null || now - this.leastSince < (isStarved ? DRAINS_MS : THIN_MS)) return false;
    const signAt = Math.max(this.lostMuchAt, this.trip.isLong ? this.trip.at : -Infinity);
    if (signAt - this.leastSince < DRAINS_MS) return false;
    this.pauseMs = now - this.thinUntil < PROVED_MS ? Math.min(2 * this.pauseMs, LONGEST_PAUSE_MS) : PAUSE_MS;
    this.thinSince = now;
    this.thinUntil = now + this.pauseMs;
    this.leastSince = null;
    return true;
  }
}
