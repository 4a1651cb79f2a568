import type { Problem } from "../api";
import type { Source } from "../protocol";
import { encodingsOf, singleEncoding, withActive, type Layer } from "./layers";
import { Link, mediaUrl } from "./link";

// Sending one source of this seat. Mute never stops a sender (that would look like a broken line): it is track.enabled.

export interface Shape {
  width: number;
  height: number;
  fps: number;
  layers: readonly Layer[];
}

export const TEACHER_CAMERA: Shape = {
  width: 1280,
  height: 720,
  fps: 25,
  layers: [
    { rid: "h", scale: 1, max_bps: 1_500_000, fps: 25 },
    { rid: "m", scale: 2, max_bps: 500_000, fps: 25 },
    { rid: "l", scale: 4, max_bps: 150_000, fps: 25 },
  ],
};
export const CLASSROOM_CAMERA: Shape = {
  width: 640,
  height: 360,
  fps: 25,
  layers: [
    { rid: "h", scale: 1, max_bps: 500_000, fps: 25 },
    { rid: "l", scale: 2, max_bps: 150_000, fps: 25 },
  ],
};
/** Text has to stay sharp, motion may suffer; half the size can still be read on a weak line. */
export const SCREEN: Shape = {
  width: 1920,
  height: 1080,
  fps: 15,
  layers: [
    { rid: "h", scale: 1, max_bps: 2_000_000, fps: 15 },
    { rid: "l", scale: 2, max_bps: 300_000, fps: 5 },
  ],
};

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

  /** Only these layers are sent from now on, by this session; a new one begins with all of them. */
  async setLayers(active: readonly string[]): Promise<void> {
    for (const sender of this.link.senders()) {
      const parameters = sender.getParameters();
      const encodings = withActive(parameters.encodings, active);
      if (encodings === null) continue;
      // The connection may end meanwhile, and some browsers refuse: then more is sent than anybody needs, and no harm done.
      await sender.setParameters({ ...parameters, encodings }).catch(() => undefined);
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
      const init: RTCRtpTransceiverInit = { direction: "sendonly", streams: [stream] };
      if (track.kind === "audio") connection.addTransceiver(track, init);
      else addLayers(connection, track, init, this.options.shape.layers);
    }
  }
}

function addLayers(connection: RTCPeerConnection, track: MediaStreamTrack, init: RTCRtpTransceiverInit, layers: readonly Layer[]): void {
  try {
    connection.addTransceiver(track, { ...init, sendEncodings: encodingsOf(layers) });
  } catch {
    // A browser that knows no layers throws; one that merely ignores them sends a single one anyway.
    connection.addTransceiver(track, { ...init, sendEncodings: singleEncoding(layers) });
  }
}

const kinds = (tracks: MediaStreamTrack[]): string => tracks.map((track) => track.kind).sort().join();
