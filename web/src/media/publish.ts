import type { Problem } from "../api";
import type { Source } from "../protocol";
import { encodingsOf, shaped, shapedSound, singleEncoding } from "./layers";
import { Link, mediaUrl } from "./link";
import { isOpenedThin } from "./opened";
import type { Shape } from "./shapes";
import { Uplink, type Width } from "./uplink";

// Sending one source of this seat. Mute never stops a sender (that would look like a broken line): it is track.enabled.

export interface PublishOptions {
  lesson: string;
  seat: string;
  source: Source;
  token: string;
  shape: Shape;
  changed(isUp: boolean): void;
  /** Whether this seat's own line is too narrow for what is sent. */
  narrow?(isNarrow: boolean): void;
  /** Whether the line has no room even for the pictures that come in. */
  starved?(): boolean;
  problem?(problem: Problem): void;
}

export class Publisher {
  private readonly link: Link;
  private uplink: Uplink | null = null;
  private tracks: MediaStreamTrack[] = [];
  private wanted: readonly string[] | null = null;
  private width: Width = "wide";
  private shaping: Promise<void> = Promise.resolve();

  constructor(private readonly options: PublishOptions) {
    this.link = new Link({
      url: mediaUrl("whip", options.lesson, options.seat, options.source),
      token: options.token,
      prepare: (connection) => this.prepare(connection),
      changed: (isUp) => {
        this.uplink = isUp ? new Uplink(performance.now(), this.width === "thin") : null;
        if (!isUp) this.wanted = null;
        options.narrow?.(false);
        options.changed(isUp);
      },
      problem: (problem) => options.problem?.(problem),
      stats: (report, now) => this.measure(report, now),
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
  setLayers(active: readonly string[]): Promise<void> {
    this.wanted = active;
    return this.shape();
  }

  suspect(): void {
    this.link.suspect();
  }

  /** Idempotent. The tracks stay the caller's. */
  close(): void {
    this.tracks = [];
    this.link.stop();
  }

  private measure(report: RTCStatsReport, now: number): void {
    if (this.uplink === null) return;
    const width = this.uplink.width(report.values() as never, now, this.options.starved?.());
    this.options.narrow?.(width !== "wide");
    // A screen has no sound beside it, and is nothing at one picture a second.
    if (width === this.width || this.options.source === "screen") return;
    this.width = width;
    void this.shape();
  }

  /** One change after the other: a second one meanwhile would be refused. */
  private shape(): Promise<void> {
    return (this.shaping = this.shaping.then(() => this.shapeNow()));
  }

  private async shapeNow(): Promise<void> {
    for (const sender of this.link.senders()) {
      const parameters = sender.getParameters();
      const isSound = sender.track?.kind === "audio";
      const encodings = isSound ? shapedSound(parameters.encodings, this.width) : shaped(parameters.encodings, this.options.shape.layers, this.wanted, this.width);
      if (encodings === null) continue;
      // The connection may end meanwhile, and some browsers refuse: then more is sent than anybody needs, and no harm done.
      await sender.setParameters({ ...parameters, encodings }).catch(() => undefined);
    }
  }

  private prepare(connection: RTCPeerConnection): void {
    this.width = this.options.source !== "screen" && isOpenedThin() ? "thin" : "wide";
    const stream = new MediaStream(this.tracks);
    // Sound first: the first transceiver is the transport's, and sound is what a lesson cannot lose.
    for (const track of [...this.tracks].sort((a, b) => a.kind.localeCompare(b.kind))) {
      const init: RTCRtpTransceiverInit = { direction: "sendonly", streams: [stream] };
      const spared = track.kind === "audio" && shapedSound([{}], this.width);
      if (track.kind === "audio") connection.addTransceiver(track, spared ? { ...init, sendEncodings: spared } : init);
      else this.addLayers(connection, track, init);
    }
  }

  private addLayers(connection: RTCPeerConnection, track: MediaStreamTrack, init: RTCRtpTransceiverInit): void {
    const { layers } = this.options.shape;
    const fitting = (encodings: RTCRtpEncodingParameters[]): RTCRtpEncodingParameters[] => shaped(encodings, layers, null, this.width) ?? encodings;
    try {
      connection.addTransceiver(track, { ...init, sendEncodings: fitting(encodingsOf(layers)) });
    } catch {
      // A browser that knows no layers throws; one that merely ignores them sends a single one anyway.
      connection.addTransceiver(track, { ...init, sendEncodings: fitting(singleEncoding(layers)) });
    }
  }
}

const kinds = (tracks: MediaStreamTrack[]): string => tracks.map((track) => track.kind).sort().join();
