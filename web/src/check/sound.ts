import { chirp, CHIRP_S, decibel, find, leftOver, LIKE, rings, type Found } from "./chirp";

// The microphone and the loudspeaker of this PC. Nothing of what is heard is kept or sent: levels alone leave this file.

export interface VoiceFigures {
  voice_db: number | null;
  noise_db: number | null;
  clipped: number;
}

export interface LoopFigures {
  heard: boolean | null;
  delay_ms: number | null;
  echo_db: number | null;
  howls: boolean;
}

const BLOCK_MS = 50;
const RAIL = 0.985;
/** 0.68 s at 48 kHz: a tone and its way through the room. */
const WINDOW = 32_768;
const TRIES = 3;
const LEVEL = 0.5;

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Loudest and quietest while somebody speaks; `told` hears the level of each moment, 0…1. */
export async function measureVoice(track: MediaStreamTrack, seconds: number, told: (level: number) => void): Promise<VoiceFigures> {
  const context = new AudioContext();
  try {
    const ear = listen(context, track, 2048);
    await running(context);
    if (context.state !== "running") return { voice_db: null, noise_db: null, clipped: 0 };
    const levels: number[] = [];
    const samples = new Float32Array(2048);
    let railed = 0;
    let all = 0;
    for (let spent = 0; spent < seconds * 1000; spent += BLOCK_MS) {
      await pause(BLOCK_MS);
      ear.getFloatTimeDomainData(samples);
      let power = 0;
      for (const sample of samples) {
        power += sample * sample;
        if (Math.abs(sample) >= RAIL) railed++;
      }
      all += samples.length;
      levels.push(Math.sqrt(power / samples.length));
      told(levels.at(-1)!);
    }
    levels.sort((a, b) => a - b);
    const at = (share: number): number => decibel(levels[Math.floor(share * (levels.length - 1))] ?? 0);
    return { voice_db: at(0.95), noise_db: at(0.1), clipped: railed / Math.max(1, all) };
  } finally {
    await context.close();
  }
}

/** Plays a tone three times and listens with the browser's echo cancellation and without. */
export async function measureLoop(processed: MediaStreamTrack): Promise<LoopFigures> {
  const nothing: LoopFigures = { heard: null, delay_ms: null, echo_db: null, howls: false };
  const plain = await rawMicrophone(processed).catch(() => null);
  if (plain === null) return nothing;
  const context = new AudioContext();
  try {
    const [ear, mended] = [listen(context, plain, WINDOW), listen(context, processed, WINDOW)];
    await running(context);
    if (context.state !== "running") return nothing;
    const before = await ringing(ear);
    const heard: Found[] = [];
    const left: Found[] = [];
    for (let i = 0; i < TRIES; i++) {
      const [direct, cancelled] = await playAndHear(context, ear, mended);
      heard.push(direct);
      left.push(cancelled);
    }
    const howlsNow = !before && (await ringing(ear));
    const best = median(heard);
    if (best.likeness < LIKE) return { heard: false, delay_ms: null, echo_db: null, howls: howlsNow };
    // The cancellation learns with every tone: the last one tells what a lesson will hear.
    return {
      heard: true,
      delay_ms: Math.round(best.at_s * 1000),
      echo_db: leftOver(best, left.at(-1)!),
      howls: howlsNow || best.gain * LEVEL > 1,
    };
  } finally {
    plain.stop();
    await context.close();
  }
}

/** The same microphone as it is, beside the one that the browser has mended. */
async function rawMicrophone(like: MediaStreamTrack): Promise<MediaStreamTrack | null> {
  const wish: MediaTrackConstraints = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const device = like.getSettings().deviceId;
  if (device) wish.deviceId = { ideal: device };
  return (await navigator.mediaDevices.getUserMedia({ audio: wish })).getAudioTracks()[0] ?? null;
}

function listen(context: AudioContext, track: MediaStreamTrack, size: number): AnalyserNode {
  const ear = context.createAnalyser();
  ear.fftSize = size;
  ear.smoothingTimeConstant = 0;
  context.createMediaStreamSource(new MediaStream([track])).connect(ear);
  return ear;
}

/** Not later than a second: some browsers wait for a touch of the page. */
const running = (context: AudioContext): Promise<unknown> => Promise.race([context.resume(), pause(1000)]);

async function playAndHear(context: AudioContext, plain: AnalyserNode, mended: AnalyserNode): Promise<[Found, Found]> {
  const tone = chirp(context.sampleRate);
  const buffer = context.createBuffer(1, tone.length, context.sampleRate);
  buffer.copyToChannel(tone, 0);
  const player = new AudioBufferSourceNode(context, { buffer });
  const gain = new GainNode(context, { gain: LEVEL });
  player.connect(gain).connect(context.destination);
  const window_s = WINDOW / context.sampleRate;
  const startsAt = context.currentTime + 0.05;
  player.start(startsAt);
  // The tone and the longest way through a room lie in one window then.
  while (context.currentTime < startsAt + window_s - 0.05) await pause(20);
  const sounds = [plain, mended].map((ear) => {
    const samples = new Float32Array(WINDOW);
    ear.getFloatTimeDomainData(samples);
    return samples;
  });
  const beganAt = context.currentTime - window_s;
  const from = Math.max(0, Math.round((startsAt - beganAt) * context.sampleRate));
  const found = sounds.map((samples) => {
    const one = find(samples.subarray(from), context.sampleRate);
    return { ...one, gain: one.gain / LEVEL };
  });
  await pause(CHIRP_S * 1000);
  return [found[0]!, found[1]!];
}

/** A tone that stands for half a second. */
async function ringing(ear: AnalyserNode): Promise<boolean> {
  const spectrum = new Float32Array(ear.frequencyBinCount);
  for (let i = 0; i < 3; i++) {
    ear.getFloatFrequencyData(spectrum);
    if (!rings(spectrum)) return false;
    await pause(250);
  }
  return true;
}

const median = (found: Found[]): Found => [...found].sort((a, b) => a.likeness - b.likeness)[found.length >> 1]!;
