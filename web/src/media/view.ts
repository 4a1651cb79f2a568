import type { Problem } from "../api";
import type { Source } from "../protocol";
import { Link, mediaUrl } from "./link";
import { downlinkHeader } from "./opened";
import { Patience } from "./patience";

// Watching one source of another seat.

export interface ViewOptions {
  lesson: string;
  seat: string;
  source: Source;
  token: string;
  /** The stream to show; a new object after every new connection. Null never comes back: the last picture may stand. */
  stream(stream: MediaStream): void;
  changed(isUp: boolean): void;
  problem?(problem: Problem): void;
}

export interface Reception {
  /** Share of video packets lost over the last five seconds, 0..1. */
  loss: number;
}

interface Inbound {
  type: string;
  kind?: string;
  packetsReceived?: number;
  packetsLost?: number;
  audioLevel?: number;
  nominated?: boolean;
  currentRoundTripTime?: number;
}

/** Sources of pictures alone: a seat's sound is its camera's. */
const SILENT: ReadonlySet<Source> = new Set(["board", "students", "stand", "phone"]);
const LOSS_WINDOW_MS = 5000;

export class Viewer {
  readonly key: string;
  private readonly link: Link;
  private heard = 0;
  private patience = new Patience();
  private sound: RTCRtpReceiver | null = null;
  private samples: { at: number; received: number; lost: number }[] = [];

  constructor(private readonly options: ViewOptions) {
    this.key = `${options.seat}/${options.source}`;
    this.link = new Link({
      url: mediaUrl("whep", options.lesson, options.seat, options.source),
      token: options.token,
      prepare: (connection) => this.prepare(connection),
      keepsLast: true,
      headers: downlinkHeader,
      changed: (isUp) => {
        if (!isUp) this.samples = [];
        options.changed(isUp);
      },
      problem: (problem) => options.problem?.(problem),
      stats: (report, now) => this.measure(report, now),
    });
  }

  get session(): string | null {
    return this.link.session;
  }

  start(): void {
    this.link.start();
  }

  /** `available`: somebody publishes there, as the lesson's view has it. */
  setAvailable(available: boolean): void {
    this.link.allow(available);
  }

  suspect(): void {
    this.link.suspect();
  }

  close(): void {
    this.link.stop();
  }

  /** Sound level of this moment, 0..1. */
  level(): number {
    return this.link.up ? this.heard : 0;
  }

  reception(): Reception {
    const first = this.samples[0];
    const last = this.samples[this.samples.length - 1];
    if (first === undefined || last === undefined) return { loss: 0 };
    const lost = Math.max(0, last.lost - first.lost);
    const expected = lost + last.received - first.received;
    return { loss: expected < 50 ? 0 : lost / expected };
  }

  private prepare(connection: RTCPeerConnection): void {
    const stream = new MediaStream();
    // A second camera has no sound, and a first m-line that is refused would take the connection with it.
    if (!SILENT.has(this.options.source)) this.sound = connection.addTransceiver("audio", { direction: "recvonly" }).receiver;
    this.patience = new Patience();
    connection.addTransceiver("video", { direction: "recvonly" });
    let handed = false;
    connection.ontrack = (event) => {
      stream.addTrack(event.track);
      // Handed over with the first packet, so that the old picture stands until there is a new one.
      event.track.addEventListener("unmute", () => {
        if (handed) return;
        handed = true;
        this.options.stream(stream);
        this.link.forgetLast();
      });
    };
  }

  private measure(report: RTCStatsReport, now: number): void {
    let roundTripMs: number | null = null;
    let audio: Inbound | undefined;
    for (const entry of report.values() as Iterable<Inbound>) {
      if (entry.type === "candidate-pair" && entry.nominated && entry.currentRoundTripTime !== undefined) roundTripMs = 1000 * entry.currentRoundTripTime;
      if (entry.type !== "inbound-rtp") continue;
      if (entry.kind === "audio") {
        audio = entry;
        this.heard = entry.audioLevel ?? 0;
      }
      if (entry.kind !== "video") continue;
      this.samples.push({ at: now, received: entry.packetsReceived ?? 0, lost: entry.packetsLost ?? 0 });
    }
    if (audio) this.wait(this.patience.target({ received: audio.packetsReceived ?? 0, lost: audio.packetsLost ?? 0, roundTripMs }, now));
    while (this.samples.length > 1 && now - (this.samples[0]?.at ?? now) > LOSS_WINDOW_MS) this.samples.shift();
  }

  private wait(ms: number | null | undefined): void {
    // A browser that does not know it waits as it likes.
    if (ms !== undefined && this.sound !== null && "jitterBufferTarget" in this.sound) this.sound.jitterBufferTarget = ms;
  }
}
