// A short rising tone, and finding it again in what a microphone heard: whether, how late, how loud. Pure.

export const CHIRP_S = 0.15;
const FROM_HZ = 800;
const TO_HZ = 4000;
/** The tone has nothing above 4 kHz, so a quarter of the samples tells as much. */
const WORK_HZ = 12_000;
/** Of noise alone hardly one in a thousand seconds is as like the tone as this. */
export const LIKE = 0.22;

export interface Found {
  /** Seconds from the beginning of what was heard. */
  at_s: number;
  /** How loud, against how it was played; 1 is the same. */
  gain: number;
  /** 0…1: how much of what is heard there is the tone. */
  likeness: number;
}

export function chirp(rate: number): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(Math.round(CHIRP_S * rate));
  for (let i = 0; i < samples.length; i++) {
    const t = i / rate;
    const edge = Math.sin((Math.PI * i) / (samples.length - 1)); // no click at either end
    samples[i] = edge * Math.sin(2 * Math.PI * (FROM_HZ * t + ((TO_HZ - FROM_HZ) * t * t) / (2 * CHIRP_S)));
  }
  return samples;
}

/** Where in `heard` (of `rate` samples a second) the tone is most likely. */
export function find(heard: Float32Array, rate: number): Found {
  const step = Math.max(1, Math.floor(rate / WORK_HZ));
  const sound = thinned(heard, step);
  const tone = thinned(chirp(rate), step);
  const toneEnergy = energy(tone);
  let window = energy(sound.subarray(0, tone.length));
  let best: Found = { at_s: 0, gain: 0, likeness: 0 };
  for (let at = 0; at + tone.length <= sound.length; at++) {
    let sum = 0;
    for (let i = 0; i < tone.length; i++) sum += tone[i]! * sound[at + i]!;
    const likeness = window > 1e-9 ? Math.abs(sum) / Math.sqrt(toneEnergy * window) : 0;
    if (likeness > best.likeness) best = { at_s: (at * step) / rate, gain: Math.abs(sum) / toneEnergy, likeness: Math.min(1, likeness) };
    window += (sound[at + tone.length] ?? 0) ** 2 - sound[at]! ** 2;
  }
  return best;
}

/** Every `step` samples as their mean. */
function thinned(samples: Float32Array, step: number): Float32Array {
  const few = new Float32Array(Math.floor(samples.length / step));
  for (let i = 0; i < few.length; i++) {
    let sum = 0;
    for (let j = 0; j < step; j++) sum += samples[i * step + j]!;
    few[i] = sum / step;
  }
  return few;
}

function energy(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return sum;
}

export const decibel = (level: number): number => Math.round(20 * Math.log10(Math.max(level, 1e-6)) * 10) / 10;

/** What is left of an echo, dB: the tone through the browser's cancellation against the tone without. */
export function leftOver(plain: Found, cancelled: Found): number {
  // Unlike the tone is what noise looks like: nothing is left that anybody could find.
  return cancelled.likeness < LIKE ? -60 : decibel(cancelled.gain / plain.gain);
}

/** A single tone stands above everything else: `spectrum` in dB, as analysers give it. */
export function rings(spectrum: Float32Array): boolean {
  const sorted = Float32Array.from(spectrum).sort();
  const median = sorted[sorted.length >> 1] ?? -200;
  const peak = sorted[sorted.length - 1] ?? -200;
  return peak > -35 && peak - median > 45;
}
