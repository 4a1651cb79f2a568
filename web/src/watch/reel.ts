import type { PlayedFile, PlayedStream } from "./shapes";
import { correction } from "./sync";
import { fileAt, nextFile } from "./timeline";

/** A file is fetched this long before it is its turn. */
const AHEAD_S = 8;
/** A jump lands late by what it takes; the next one aims that much further. */
const FIRST_JUMP_S = 0.15;

/** One stream: a `<video>` for the file that is on and one for the next, kept on the player's clock. */
export class Reel {
  private readonly films = new Map<number, HTMLVideoElement>();
  private host: HTMLElement | null = null;
  private shown = -1;
  private jumpedAt = 0;
  private jump_s = FIRST_JUMP_S;
  private volume = 1;
  /** The file on that cannot be played. */
  failed = false;

  constructor(
    readonly stream: PlayedStream,
    private readonly address: (name: string) => string,
    private readonly onFailure: () => void,
    private readonly onBlocked: () => void,
  ) {}

  /** Where its pictures go. */
  attach(host: HTMLElement): void {
    this.host = host;
    host.replaceChildren(...this.films.values());
  }

  get film(): HTMLVideoElement | null {
    return this.films.get(this.shown) ?? null;
  }

  private get file(): PlayedFile | null {
    return this.stream.files[this.shown] ?? null;
  }

  /** Where the film is, in seconds of the recording, while it really runs; null otherwise. */
  running(): number | null {
    const { film, file } = this;
    if (!film || !file || film.paused || film.seeking || film.ended || film.readyState < 3) return null;
    return file.offset_s + film.currentTime;
  }

  /** It should show something and has not got it yet. */
  isStuck(at_s: number): boolean {
    const { film, file } = this;
    if (!film || !file || film.error || film.ended) return false;
    if (at_s - file.offset_s > (film.duration || Infinity) - 0.1) return false;
    return film.seeking || film.readyState < 3;
  }

  /** Be at this instant: play or stand, at this speed. `leads`: the others go by this one, so that it is not corrected. */
  follow(at_s: number, plays: boolean, speed: number, leads: boolean, now_ms: number): void {
    this.choose(at_s, speed);
    const { film, file } = this;
    if (!film || !file || film.error) return;
    const target_s = Math.min(at_s - file.offset_s, film.duration || Infinity);
    const behind_s = target_s - film.currentTime;
    if (!plays) {
      if (!film.paused) film.pause();
      if (!film.seeking && Math.abs(behind_s) > 0.02) film.currentTime = target_s;
      return;
    }
    if (film.ended || target_s >= film.duration) return;
    if (film.paused) {
      if (!film.seeking && Math.abs(behind_s) > 0.1) film.currentTime = target_s;
      film.play().catch((error: unknown) => {
        if (error instanceof DOMException && error.name === "NotAllowedError") this.onBlocked();
      });
    }
    if (film.seeking) return;
    const what = leads && Math.abs(behind_s) < 1 ? 1 : correction(behind_s);
    if (what !== "jump") film.playbackRate = speed * what;
    else if (now_ms - this.jumpedAt > 1000) this.jumpTo(film, target_s + this.jump_s * speed, now_ms);
  }

  /** Stand where it is: others are to be had first. */
  hold(): void {
    this.film?.pause();
  }

  /** The person has chosen an instant. */
  seek(at_s: number): void {
    this.choose(at_s, 1);
    const { film, file } = this;
    if (film && file) film.currentTime = Math.max(0, at_s - file.offset_s);
  }

  setVolume(volume: number): void {
    this.volume = volume;
    for (const film of this.films.values()) this.apply(film);
  }

  /** Fetch everything anew: the server has forgotten us. */
  reload(): void {
    this.failed = false;
    for (const index of [...this.films.keys()]) this.drop(index);
    this.shown = -1;
  }

  close(): void {
    for (const index of [...this.films.keys()]) this.drop(index);
    this.host = null;
  }

  private jumpTo(film: HTMLVideoElement, target_s: number, now_ms: number): void {
    this.jumpedAt = now_ms;
    film.currentTime = target_s;
    film.addEventListener("seeked", () => (this.jump_s = Math.min(1, (performance.now() - now_ms) / 1000)), { once: true });
  }

  private choose(at_s: number, speed: number): void {
    const { files } = this.stream;
    const on = fileAt(files, at_s);
    const next = nextFile(files, at_s);
    if (on !== this.shown) {
      this.film?.pause();
      this.shown = on;
      this.failed = false;
      if (on >= 0) {
        const film = this.open(on);
        const at = at_s - files[on]!.offset_s;
        if (Math.abs(film.currentTime - at) > 0.1) film.currentTime = at;
      }
      for (const [index, film] of this.films) film.hidden = index !== on;
    }
    const isNear = next >= 0 && files[next]!.from_s - at_s < AHEAD_S * Math.max(1, speed);
    if (isNear && !this.films.has(next)) {
      const { offset_s, from_s } = files[next]!;
      // Where it will be taken up, so that no jump is heard or seen there.
      if (from_s - offset_s > 0.05) this.open(next).currentTime = from_s - offset_s;
      else this.open(next);
    }
    for (const index of [...this.films.keys()]) if (index !== on && !(isNear && index === next)) this.drop(index);
  }

  private open(index: number): HTMLVideoElement {
    const known = this.films.get(index);
    if (known) return known;
    const film = document.createElement("video");
    film.preload = "auto";
    film.playsInline = true;
    film.disablePictureInPicture = true;
    film.tabIndex = -1;
    film.hidden = index !== this.shown;
    film.src = this.address(this.stream.files[index]!.name);
    film.addEventListener("contextmenu", (event) => event.preventDefault());
    film.addEventListener("error", () => {
      this.failed ||= index === this.shown;
      this.onFailure();
    });
    this.apply(film);
    this.films.set(index, film);
    this.host?.append(film);
    return film;
  }

  private drop(index: number): void {
    const film = this.films.get(index);
    if (!film) return;
    this.films.delete(index);
    film.remove();
    // Ends its download, which would otherwise go on until the next sweep of the browser's.
    film.removeAttribute("src");
    film.load();
  }

  private apply(film: HTMLVideoElement): void {
    film.volume = this.volume;
    film.muted = this.volume === 0;
  }
}
