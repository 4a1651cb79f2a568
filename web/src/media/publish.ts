import type { Problem } from "../api";
import type { Source } from "../protocol";
import { Link, mediaUrl } from "./link";

// Sending one source of this seat. Mute never stops a sender (that would look like a broken line): it is track.enabled.

export interface Shape {
  width: number;
  height: number;
  fps: number;
  max_bps: number;
}

export const TEACHER_CAMERA: Shape = { width: 1280, height: 720, fps: 25, max_bps: 1_500_000 };
export const CLASSROOM_CAMERA: Shape = { width: 640, height: 360, fps: 25, max_bps: 500_000 };
/** Text has to stay sharp, motion may suffer. */
export const SCREEN: Shape = { width: 1920, height: 1080, fps: 15, max_bps: 2_000_000 };

export interface PublishOptions {
  lesson: string;
  seat: string;
  source: Source;
  token: string;
  shape: Shape;
  changed(isUp: boolean): void;
  problem?(problem: Problem): void;
}

export class Publisher {
  private readonly link: Link;
  private tracks: MediaStreamTrack[] = [];

  constructor(private readonly options: PublishOptions) {
    this.link = new Link({
      url: mediaUrl("whip", options.lesson, options.seat, options.source),
      token: options.token,
      prepare: (connection) => this.prepare(connection),
      changed: (isUp) => options.changed(isUp),
      problem: (problem) => options.problem?.(problem),
    });
  }

  get up(): boolean {
    return this.link.up;
  }

  /** Without a single track there is nothing to publish: the session ends until there is one. */
  async setTracks(tracks: MediaStreamTrack[]): Promise<void> {
    const before = this.tracks;
    this.tracks = tracks;
    if (tracks.length === 0) return this.link.stop();
    if (before.length === 0) return this.link.start();
    if (kinds(before) !== kinds(tracks)) return this.link.redo();
    for (const sender of this.link.senders()) {
      const next = tracks.find((track) => track.kind === sender.track?.kind);
      if (next !== undefined && next !== sender.track) await sender.replaceTrack(next);
    }
  }

  suspect(): void {
    this.link.suspect();
  }

  /** Idempotent. The tracks stay the caller's. */
  close(): void {
    this.tracks = [];
    this.link.stop();
  }

  private prepare(connection: RTCPeerConnection): void {
    const stream = new MediaStream(this.tracks);
    // Sound first: the first transceiver is the transport's, and sound is what a lesson cannot lose.
    for (const track of [...this.tracks].sort((a, b) => a.kind.localeCompare(b.kind))) {
      const encoding: RTCRtpEncodingParameters = {};
      if (track.kind === "video") {
        encoding.maxBitrate = this.options.shape.max_bps;
        encoding.maxFramerate = this.options.shape.fps;
      }
      connection.addTransceiver(track, { direction: "sendonly", streams: [stream], sendEncodings: [encoding] });
    }
  }
}

const kinds = (tracks: MediaStreamTrack[]): string => tracks.map((track) => track.kind).sort().join();
