import { beforeAll, describe, expect, it, vi } from "vitest";
import { chirp, CHIRP_S, decibel, find, leftOver, LIKE, rings } from "../src/check/chirp";
import { best, lossOf, median, type Tally } from "../src/check/figures";
import type { Finding, Measured } from "../src/check/shapes";
import { speak } from "../src/strings";

const RATE = 48_000;
const WINDOW = 32_768;

/** Noise that is the same in every run. */
function noise(length: number, level: number): Float32Array {
  let seed = 7;
  return Float32Array.from({ length }, () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return (seed / 1_073_741_824 - 1) * level;
  });
}

function heard(delay_s: number, gain: number, hiss: number): Float32Array {
  const sound = noise(WINDOW, hiss);
  chirp(RATE).forEach((sample, i) => {
    const at = Math.round(delay_s * RATE) + i;
    if (at < WINDOW) sound[at]! += sample * gain;
  });
  return sound;
}

describe("the tone", () => {
  it.each([
    [0.02, 0.5, 0.001],
    [0.12, 0.05, 0.01],
    [0.45, 0.02, 0.01],
  ])("is found %f s late, %f as loud, in noise of %f", (delay_s, gain, hiss) => {
    const found = find(heard(delay_s, gain, hiss), RATE);
    expect(found.likeness).toBeGreaterThan(LIKE);
    expect(found.at_s).toBeCloseTo(delay_s, 2);
    expect(decibel(found.gain / gain)).toBeGreaterThan(-2);
    expect(decibel(found.gain / gain)).toBeLessThan(2);
  });

  it("is found through a room's echoes and a microphone that turns it round", () => {
    const sound = heard(0.08, -0.1, 0.002);
    for (const [late_s, gain] of [[0.091, 0.06], [0.107, -0.04], [0.16, 0.02]] as const) heard(late_s, gain, 0).forEach((sample, i) => (sound[i]! += sample));
    const found = find(sound, RATE);
    expect(found.likeness).toBeGreaterThan(LIKE);
    expect(found.at_s).toBeCloseTo(0.08, 2);
  });

  it("is not found where nothing was played: noise, silence, a steady hum", () => {
    expect(find(noise(WINDOW, 0.1), RATE).likeness).toBeLessThan(LIKE);
    expect(find(new Float32Array(WINDOW), RATE).likeness).toBe(0);
    const hum = Float32Array.from({ length: WINDOW }, (_, i) => 0.3 * Math.sin((2 * Math.PI * 440 * i) / RATE));
    expect(find(hum, RATE).likeness).toBeLessThan(LIKE);
  });

  it("is as long as it says, at other rates too", () => {
    expect(chirp(44_100)).toHaveLength(Math.round(CHIRP_S * 44_100));
    const tone = chirp(16_000);
    const slow = Float32Array.from({ length: 16_000 }, (_, i) => tone[i - 1600] ?? 0);
    expect(find(slow, 16_000).at_s).toBeCloseTo(0.1, 2);
  });
});

describe("what is left of an echo", () => {
  const plain = { at_s: 0.1, gain: 0.2, likeness: 0.9 };
  it("is the tone after the cancellation against before", () => {
    expect(leftOver(plain, { at_s: 0.1, gain: 0.02, likeness: 0.5 })).toBeCloseTo(-20, 1);
    expect(leftOver(plain, { at_s: 0.1, gain: 0.2, likeness: 0.9 })).toBeCloseTo(0, 1);
  });
  it("is nothing where the tone is not found any more", () => {
    expect(leftOver(plain, { at_s: 0.3, gain: 0.05, likeness: LIKE / 2 })).toBe(-60);
  });
});

describe("howling", () => {
  const flat = Float32Array.from({ length: 1024 }, (_, i) => -90 + (i % 7));
  it("is one loud tone above all others", () => {
    const tone = flat.slice();
    tone[300] = -20;
    expect(rings(tone)).toBe(true);
  });
  it("is neither a quiet room nor a voice", () => {
    expect(rings(flat)).toBe(false);
    expect(rings(flat.map((level, i) => (i < 200 ? -30 : level + 25)))).toBe(false);
    expect(rings(new Float32Array(0))).toBe(false);
  });
});

const tally = (at_ms: number, bytes: number, packets = 0, lost: number | null = null): Tally => ({ at_ms, bytes, packets, lost, trip_ms: null });

describe("a rate", () => {
  it("is that of the best second", () => {
    expect(best([tally(0, 0), tally(500, 50_000), tally(1000, 100_000), tally(1500, 600_000), tally(2000, 1_100_000)])).toBe(8000);
  });
  it("needs a second, and counters that do not begin anew", () => {
    expect(best([])).toBeNull();
    expect(best([tally(0, 0), tally(500, 9_000_000)])).toBeNull();
    expect(best([tally(0, 5000), tally(1000, 0)])).toBeNull();
  });
});

describe("loss", () => {
  it("is of what went between", () => expect(lossOf(tally(0, 0, 100, 3), tally(1, 0, 300, 13))).toBeCloseTo(0.05));
  it("is unknown where nobody tells, or nothing went", () => {
    expect(lossOf(tally(0, 0, 0), tally(1, 0, 100))).toBeNull();
    expect(lossOf(tally(0, 0, 100, 0), tally(1, 0, 100, 0))).toBeNull();
  });
  it("is never below nothing or above all", () => {
    expect(lossOf(tally(0, 0, 0, 5), tally(1, 0, 10, 0))).toBe(0);
    expect(lossOf(tally(0, 0, 0, 0), tally(1, 0, 10, 50))).toBe(1);
  });
  it("has a middle", () => expect(median([5, 1, 9])).toBe(5));
});

describe("the table", () => {
  const measured: Measured = { camera: "ok", width: 1280, height: 720, fps: 24.6, is_dark: false, microphone: "ok", voice_db: -20.4, noise_db: -61, clipped: 0, heard: true, delay_ms: 85, echo_db: -31, howls: false, path: "relay_tcp", up_kbps: 4250, down_kbps: null, round_trip_ms: 31, loss: 0.0123 };
  const line = (name: Finding["line"], why = "ok"): Finding => ({ line: name, mark: "good", why, item: null });
  beforeAll(() => speak("zh"));

  it("says what was measured, what is wanted and what to do", async () => {
    const { adviceText, valueText, wantedText } = await import("../src/check/words");
    const limits = { up_kbps: 4000, down_kbps: 8000, round_trip_ms: 100, loss: 0.03, height: 1080 };
    expect(valueText(line("camera"), measured)).toBe("1280×720，25 帧/秒");
    expect(valueText(line("up"), measured)).toBe("4.3 Mbps");
    expect(valueText(line("down"), measured)).toBe("—");
    expect(valueText(line("loss"), measured)).toBe("1.2 %");
    expect(valueText(line("path", "relay_tcp"), measured)).toBe("TURN TCP");
    expect(wantedText(line("up"), limits)).toBe("≥4 Mbps");
    expect(wantedText(line("loss"), limits)).toBe("≤3 %");
    expect(adviceText(line("path", "tcp"))).toContain("防火墙拦截了 UDP");
  });
});

describe("what a check finds of the loudspeakers", () => {
  it("turns on what is off, and off only what a check turned on", async () => {
    const kept = new Map<string, string>();
    vi.stubGlobal("window", { localStorage: { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) } });
    const { foundByCheck, hasSpeakers, noteEcho, noteSpeakers } = await import("../src/speakers");
    noteEcho(true);
    expect([hasSpeakers(), foundByCheck()]).toEqual([true, true]);
    noteEcho(false);
    expect(hasSpeakers()).toBe(false);
    noteSpeakers(true);
    noteEcho(false);
    expect([hasSpeakers(), foundByCheck()]).toEqual([true, false]);
    vi.unstubAllGlobals();
  });
});
