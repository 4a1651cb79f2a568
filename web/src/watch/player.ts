import { computed, ref, shallowRef } from "vue";
import { Reel } from "./reel";
import type { Played } from "./shapes";
import { keyOf } from "./timeline";

const TICK_MS = 50;
/** After a jump all pictures are waited for this long; later only the leading and the large one hold the others up. */
const PATIENCE_MS = 1500;
/** So long the leading and the large picture are sought alone: decoding all at once would make each of them late. */
const FIRST_MS = 1000;
/** After a failure the server is asked for a new key; not in a circle. */
const AGAIN_MS = 30_000;

/** All streams of a recording on one clock: the teacher's film leads while it runs, between films the page's own. */
export class Player {
  readonly at = ref(0);
  readonly plays = ref(false);
  readonly waits = ref(false);
  readonly blocked = ref(false);
  readonly speed = ref(1);
  readonly volume = ref(1);
  readonly muted = ref(false);
  /** The streams whose sound is off. */
  readonly silent = shallowRef<ReadonlySet<string>>(new Set());
  readonly failed = shallowRef<ReadonlySet<string>>(new Set());
  readonly ended = computed(() => !this.plays.value && this.at.value >= this.seconds - 0.05);
  readonly seconds: number;
  readonly main: string;
  large: string;
  private readonly reels = new Map<string, Reel>();
  private timer: ReturnType<typeof setInterval> | undefined;
  private ticked = performance.now();
  private soughtAt = -Infinity;
  private renewedAt = -Infinity;

  /** `address`: where a file is; `renew`: ask the server for a new key, the old one opens nothing any more. */
  constructor(played: Played, address: (name: string) => string, renew: () => Promise<void>) {
    this.seconds = played.seconds;
    const first = played.streams.find((each) => each.files.some((file) => file.video)) ?? played.streams[0];
    this.main = this.large = first ? keyOf(first) : "";
    const onFailure = (): void => {
      this.failed.value = new Set([...this.reels].filter(([, reel]) => reel.failed).map(([key]) => key));
      if (performance.now() - this.renewedAt < AGAIN_MS) return;
      this.renewedAt = performance.now();
      void renew().then(() => {
        for (const reel of this.reels.values()) reel.reload();
        this.failed.value = new Set();
        this.tick();
      });
    };
    const onBlocked = (): void => {
      this.plays.value = false;
      this.blocked.value = true;
    };
    for (const stream of played.streams) this.reels.set(keyOf(stream), new Reel(stream, address, onFailure, onBlocked));
  }

  start(at_s: number): void {
    this.at.value = at_s;
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.tick();
  }

  attach(key: string, host: HTMLElement): void {
    this.reels.get(key)?.attach(host);
  }

  close(): void {
    clearInterval(this.timer);
    for (const reel of this.reels.values()) reel.close();
  }

  /** The instant that is shown now, between two ticks too. */
  now_s(): number {
    return this.lead()?.running() ?? this.at.value;
  }

  toggle(): void {
    if (this.plays.value) return void (this.plays.value = false);
    if (this.ended.value) this.seek(0);
    this.blocked.value = false;
    this.plays.value = true;
    this.tick();
  }

  seek(at_s: number): void {
    this.at.value = Math.max(0, Math.min(this.seconds, at_s));
    this.soughtAt = performance.now();
    for (const reel of this.first()) reel.seek(this.at.value);
    this.tick();
  }

  setSpeed(speed: number): void {
    this.speed.value = speed;
  }

  setVolume(volume: number): void {
    this.volume.value = Math.max(0, Math.min(1, volume));
    this.muted.value = this.volume.value === 0;
    this.applyVolume();
  }

  toggleMute(): void {
    this.muted.value = !this.muted.value;
    if (!this.muted.value && this.volume.value === 0) this.volume.value = 1;
    this.applyVolume();
  }

  toggleSound(key: string): void {
    const silent = new Set(this.silent.value);
    if (!silent.delete(key)) silent.add(key);
    this.silent.value = silent;
    this.applyVolume();
  }

  private applyVolume(): void {
    for (const [key, reel] of this.reels) reel.setVolume(this.muted.value || this.silent.value.has(key) ? 0 : this.volume.value);
  }

  /** The leading and the large one. */
  private first(): Reel[] {
    return [...new Set([this.lead(), this.reels.get(this.large)])].filter((reel) => reel !== null && reel !== undefined);
  }

  /** The film that the others go by: the teacher's while it has one, else the large picture's, else any. */
  private lead(): Reel | null {
    const order = [this.main, this.large, ...this.reels.keys()];
    for (const key of order) {
      const reel = this.reels.get(key);
      if (reel?.film && !reel.film.ended && !reel.film.error) return reel;
    }
    return null;
  }

  private tick(): void {
    const now_ms = performance.now();
    const passed_s = (now_ms - this.ticked) / 1000;
    this.ticked = now_ms;
    const lead = this.lead();
    if (this.plays.value && !this.waits.value) {
      const running_s = lead?.running() ?? null;
      const own_s = this.at.value + passed_s * this.speed.value;
      // One that has just begun is a frame off; one that is far off has not jumped yet.
      this.at.value = Math.min(this.seconds, running_s !== null && Math.abs(running_s - own_s) < 1 ? running_s : own_s);
      if (this.at.value >= this.seconds) this.plays.value = false;
    }
    const at_s = this.at.value;
    const first = this.first();
    const alone = now_ms - this.soughtAt < FIRST_MS && first.some((reel) => reel.isStuck(at_s));
    for (const reel of this.reels.values()) {
      if (alone && !first.includes(reel)) reel.hold();
      else reel.follow(at_s, this.plays.value && !this.waits.value, this.speed.value, reel === lead, now_ms);
    }
    const patient = now_ms - this.soughtAt < PATIENCE_MS;
    this.waits.value = this.plays.value && (alone || (patient ? [...this.reels.values()] : first).some((reel) => reel.isStuck(at_s)));
  }
}
