import type { Instants } from "./instants";
import { PART_MS, type KeptSource, type Shelf } from "./shelf";
import type { Order } from "./worker";

// Keeps what this page catches while a lesson is recorded, encoded a second time, in files of ten seconds: what the line
// loses on the way to the server can be put back from them. Each file begins with a keyframe and plays by itself.

const SLICE_MS = 1000;
/** The next file has begun for so many slices before one ends: no picture falls between the two. */
const OVERLAP_SLICES = 1;
const SOUND_BPS = 48_000;
/** Encoding 720p a second time takes a quarter of a core: a PC with fewer has none to give away, none for two of them. */
const ENOUGH_CORES: Record<KeptSource, number> = { camera: 4, screen: 8 };

interface Running {
  begin: number;
  recorder: MediaRecorder;
  slices: number;
}

export interface KeeperOptions {
  shelf: Shelf;
  instants: Instants;
  video_bps: number;
}

export class Keeper {
  private readonly worker: Worker;
  private running: Running[] = [];
  private tracks: MediaStreamTrack[] = [];
  private isUp = true;
  private closed: Promise<void> | null = null;
  private waiting: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: KeeperOptions) {
    this.worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    this.worker.onmessage = (event: MessageEvent<string>) => {
      // No room, or no such storage: the lesson goes on without.
      if (event.data === "failed") this.stopAll();
    };
    this.tell({ do: "open", shelf: options.shelf });
  }

  /** What can be kept here at all: a browser without these, or a small PC, keeps nothing. */
  static isPossible(source: KeptSource): boolean {
    return navigator.hardwareConcurrency >= ENOUGH_CORES[source] && typeof MediaRecorder === "function" && typeof navigator.storage?.getDirectory === "function" && MediaRecorder.isTypeSupported("video/webm;codecs=vp8,opus");
  }

  /** Other devices, or others allowed: a file cannot change its tracks. */
  setTracks(tracks: MediaStreamTrack[]): void {
    if (this.closed || (tracks.length === this.tracks.length && tracks.every((track) => this.tracks.includes(track)))) return;
    this.tracks = tracks;
    this.stopAll();
    this.begin();
  }

  /** Whether everything gets through to the server, as far as the page knows. */
  line(isUp: boolean): void {
    const at = this.options.instants.at(performance.now());
    if (isUp === this.isUp || at === null || this.closed) return;
    this.isUp = isUp;
    this.tell({ do: "cut", from: at, to: isUp ? at : null });
  }

  /** Resolves once the last file is closed. Idempotent. */
  close(): Promise<void> {
    this.closed ??= new Promise((resolve) => {
      const done = (): void => {
        this.worker.terminate();
        resolve();
      };
      const ended = this.running.map((each) => new Promise<void>((end) => each.recorder.addEventListener("stop", () => end(), { once: true })));
      this.stopAll();
      this.worker.onmessage = done;
      // What the recorders still hand over is read asynchronously.
      void Promise.all(ended).then(() => setTimeout(() => this.tell({ do: "close" }), 200));
      setTimeout(done, 5000);
    });
    return this.closed;
  }

  private begin(): void {
    clearTimeout(this.waiting);
    if (this.closed || this.tracks.length === 0) return;
    const now = this.options.instants.at(performance.now());
    if (now === null) {
      this.waiting = setTimeout(() => this.begin(), SLICE_MS);
      return;
    }
    const has = (kind: string): boolean => this.tracks.some((track) => track.kind === kind);
    const codecs = [has("video") ? "vp8" : "", has("audio") ? "opus" : ""].filter(Boolean).join();
    const recorder = new MediaRecorder(new MediaStream(this.tracks), {
      mimeType: `${has("video") ? "video" : "audio"}/webm;codecs=${codecs}`,
      videoBitsPerSecond: this.options.video_bps,
      audioBitsPerSecond: SOUND_BPS,
    });
    const own: Running = { begin: Math.round(now), recorder, slices: 0 };
    let handed: Promise<void> = Promise.resolve();
    recorder.ondataavailable = (event) => {
      own.slices++;
      handed = handed.then(async () => {
        const data = await event.data.arrayBuffer();
        this.tell({ do: "write", begin: own.begin, data }, [data]);
      });
      this.turn(own);
    };
    recorder.onstop = () => void handed.then(() => this.tell({ do: "end", begin: own.begin }));
    this.tell({ do: "begin", begin: own.begin });
    try {
      recorder.start(SLICE_MS);
    } catch {
      return; // A track that has ended meanwhile: others come.
    }
    this.running.push(own);
  }

  /** The slices are the clock: timers of a hidden page stand still. */
  private turn(own: Running): void {
    const newest = this.running.at(-1);
    if (own === newest && own.slices * SLICE_MS >= PART_MS) this.begin();
    else if (own === newest && own.slices >= OVERLAP_SLICES) for (const old of this.running.splice(0, this.running.length - 1)) stop(old.recorder);
  }

  private stopAll(): void {
    clearTimeout(this.waiting);
    for (const each of this.running.splice(0)) stop(each.recorder);
  }

  private tell(order: Order, transfer: Transferable[] = []): void {
    this.worker.postMessage(order, transfer);
  }
}

function stop(recorder: MediaRecorder): void {
  if (recorder.state !== "inactive") recorder.stop();
}
