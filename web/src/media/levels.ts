// Sound levels of tracks of this PC (those of others come with their packets, see Viewer.level).

export class LevelMeter {
  private readonly context = new AudioContext();
  private readonly analyser: AnalyserNode;
  private readonly samples: Float32Array<ArrayBuffer>;
  private source: MediaStreamAudioSourceNode | null = null;

  constructor() {
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = 512;
    this.samples = new Float32Array(this.analyser.fftSize);
  }

  listen(track: MediaStreamTrack | null): void {
    this.source?.disconnect();
    this.source = null;
    if (track === null) return;
    this.source = this.context.createMediaStreamSource(new MediaStream([track]));
    this.source.connect(this.analyser);
    void this.context.resume().catch(() => undefined);
  }

  level(): number {
    if (this.source === null) return 0;
    this.analyser.getFloatTimeDomainData(this.samples);
    let power = 0;
    for (const sample of this.samples) power += sample * sample;
    return Math.sqrt(power / this.samples.length);
  }

  close(): void {
    this.listen(null);
    if (this.context.state !== "closed") void this.context.close();
  }
}

/** A level as the ear judges it: −60 dB is nothing, −6 dB is full. */
export function loudness(level: number): number {
  if (level <= 0) return 0;
  return Math.min(1, Math.max(0, (20 * Math.log10(level) + 60) / 54));
}

/** Two short tones for something a person has to notice; `urgent` repeats higher. */
export const chime = (urgent = false): Promise<boolean> => play(urgent ? [880, 660, 880, 660] : [660, 880]);

/** A rising chord, for praise. */
export const fanfare = (): Promise<boolean> => play([523, 659, 784, 1047]);

/** Whether the browser lets it be heard. */
async function play(notes: number[]): Promise<boolean> {
  const context = new AudioContext();
  await context.resume().catch(() => undefined);
  if (context.state !== "running") {
    void context.close();
    return false;
  }
  notes.forEach((frequency, index) => {
    const start = context.currentTime + index * 0.18;
    const oscillator = context.createOscillator();
    const gain = context.createGain();
    oscillator.frequency.value = frequency;
    gain.gain.setValueAtTime(0.0001, start);
    gain.gain.exponentialRampToValueAtTime(0.25, start + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, start + 0.16);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(start);
    oscillator.stop(start + 0.17);
  });
  setTimeout(() => void context.close(), notes.length * 180 + 300);
  return true;
}
