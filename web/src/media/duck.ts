// 音箱教室: one side at a time. While the far end speaks, a room with loudspeakers sends silence, so that no echo goes back
// that its own canceller has left. Levels come five times a second.

const EVERY_MS = 100;
/** −34 dB: somebody speaks; the noise of a quiet room stays below. */
const SPEAKS = 0.02;
const HANG_MS = 400;

export class Duck {
  private timer: ReturnType<typeof setInterval> | undefined;
  private until = 0;
  private isDown = false;

  constructor(
    private readonly far: () => number,
    private readonly changed: (isDown: boolean) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  turn(on: boolean): void {
    clearInterval(this.timer);
    this.timer = on ? setInterval(() => this.look(), EVERY_MS) : undefined;
    if (!on) this.set(false);
  }

  look(): void {
    if (this.far() > SPEAKS) this.until = this.now() + HANG_MS;
    this.set(this.now() < this.until);
  }

  private set(isDown: boolean): void {
    if (isDown === this.isDown) return;
    this.isDown = isDown;
    this.changed(isDown);
  }
}
