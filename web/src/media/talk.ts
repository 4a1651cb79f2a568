import { shallowReactive } from "vue";
import type { Problem } from "../api";
import { Publisher } from "./publish";
import type { Shape } from "./shapes";
import { Viewer } from "./view";

// 对讲: the teacher and one co-teacher, on a source of their own that no classroom hears and nobody records. The line stands
// while it is open; what is said goes out only while the button is held.

const SOUND_ALONE: Shape = { width: 0, height: 0, fps: 0, layers: [] };

export interface TalkState {
  /** The other end's sound can be heard. */
  heard: boolean;
  /** One's own can be sent. */
  ready: boolean;
  pressed: boolean;
}

export interface TalkOptions {
  lesson: string;
  token: string;
  own: string;
  other: string;
  /** Its sound is sent while the button is held; a copy of it, so that the original may be silenced meanwhile. */
  microphone: MediaStreamTrack | null;
  problem(problem: Problem): void;
}

export class Talk {
  readonly state = shallowReactive<TalkState>({ heard: false, ready: false, pressed: false });
  private readonly track: MediaStreamTrack | null;
  private readonly publisher: Publisher | null = null;
  private readonly viewer: Viewer;
  private readonly sound = new Audio();

  constructor(options: TalkOptions) {
    const { lesson, token, problem } = options;
    this.track = options.microphone?.clone() ?? null;
    if (this.track !== null) {
      this.track.enabled = false;
      this.publisher = new Publisher({
        lesson, token, seat: options.own, source: "talk", shape: SOUND_ALONE, problem, changed: (isUp) => (this.state.ready = isUp),
      });
      void this.publisher.setTracks([this.track]);
    }
    this.viewer = new Viewer({
      lesson, token, seat: options.other, source: "talk",
      stream: (stream) => {
        this.sound.srcObject = stream;
        void this.sound.play().catch(() => undefined);
      },
      changed: (isUp) => (this.state.heard = isUp),
      // Nobody is there yet: it is asked again by itself.
      problem: (refusal) => void (refusal.status !== 404 && problem(refusal)),
    });
    this.viewer.start();
  }

  press(on: boolean): void {
    this.state.pressed = on && this.track !== null;
    if (this.track !== null) this.track.enabled = this.state.pressed;
  }

  /** How loud the other end is, 0..1. */
  level(): number {
    return this.viewer.level();
  }

  /** Idempotent. */
  close(): void {
    this.press(false);
    this.publisher?.close();
    this.viewer.close();
    this.track?.stop();
    this.sound.srcObject = null;
  }
}
