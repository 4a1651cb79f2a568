// Simulcast: one camera in up to three sizes, so that each screen is sent what it shows and what its line carries. Pure.

import type { Width } from "./uplink";

export interface Layer {
  rid: string;
  /** Divides width and height. */
  scale: number;
  max_bps: number;
  fps: number;
}

const largestFirst = (layers: readonly Layer[]): Layer[] => [...layers].sort((a, b) => a.scale - b.scale);

/**
 * The encodings of a transceiver, the largest first. When the uplink is poor libwebrtc serves the lowest bitrate first, in
 * whatever order they stand. Of a small camera (640×480 and below) it keeps only the first ones: the large picture must
 * be among them. And a server that takes no layers gets the first.
 */
export function encodingsOf(layers: readonly Layer[]): RTCRtpEncodingParameters[] {
  return largestFirst(layers).map(({ rid, scale, max_bps, fps }) => ({ rid, scaleResolutionDownBy: scale, maxBitrate: max_bps, maxFramerate: fps }));
}

/** One encoding without a name, for browsers that know no layers. */
export function singleEncoding(layers: readonly Layer[]): RTCRtpEncodingParameters[] {
  const [largest] = largestFirst(layers);
  return largest === undefined ? [] : [{ maxBitrate: largest.max_bps, maxFramerate: largest.fps }];
}

/**
 * The encodings with only the `active` ones sent; null when that changes nothing: there are no layers (the browser or the
 * server took a single one), or none of them is meant. Something is always sent: a stream that stops looks like a fault.
 */
export function withActive(encodings: readonly RTCRtpEncodingParameters[], active: readonly string[]): RTCRtpEncodingParameters[] | null {
  const isWanted = (encoding: RTCRtpEncodingParameters): boolean => encoding.rid !== undefined && active.includes(encoding.rid);
  if (encodings.length < 2 || !encodings.some(isWanted)) return null;
  if (encodings.every((encoding) => (encoding.active ?? true) === isWanted(encoding))) return null;
  return encodings.map((encoding) => ({ ...encoding, active: isWanted(encoding) }));
}

/** Beside sound on a line that carries hardly more: one still sees that somebody is there. */
const TRICKLE = { maxBitrate: 15_000, maxFramerate: 1 };
/** Speech is clear with that. */
const THIN_SOUND_BPS = 20_000;

const isThin = (width: Width): width is "thin" | "blocked" => width === "thin" || width === "blocked";

/** What a seat's own line is spared: everything but the smallest layer (it stands last), and most of that; or all of it. */
function spared(encodings: readonly RTCRtpEncodingParameters[], width: "thin" | "blocked"): RTCRtpEncodingParameters[] {
  const isLast = (at: number): boolean => width === "thin" && at === encodings.length - 1;
  return encodings.map((encoding, at) => ({ ...encoding, ...(isLast(at) ? TRICKLE : {}), active: isLast(at) }));
}

/**
 * A picture's encodings as they shall be: those of the `layers` that are wanted (null: all of them), as far as the line
 * is wide enough; null when they are so already.
 */
export function shaped(encodings: readonly RTCRtpEncodingParameters[], layers: readonly Layer[], wanted: readonly string[] | null, width: Width): RTCRtpEncodingParameters[] | null {
  const named = encodingsOf(layers);
  const [single] = singleEncoding(layers);
  const whole = encodings.map((encoding) => ({ ...encoding, ...(named.find((each) => each.rid === encoding.rid) ?? single), active: true }));
  const next = isThin(width) ? spared(whole, width) : (wanted && withActive(whole, wanted)) ?? whole;
  const isSame = next.every((each, at) => {
    const { active = true, maxBitrate, maxFramerate } = encodings[at] ?? {};
    return each.active === active && each.maxBitrate === maxBitrate && each.maxFramerate === maxFramerate;
  });
  return isSame ? null : next;
}

/** The same for sound. */
export function shapedSound(encodings: readonly RTCRtpEncodingParameters[], width: Width): RTCRtpEncodingParameters[] | null {
  if (encodings.every((each) => (each.maxBitrate !== undefined) === isThin(width))) return null;
  return encodings.map((encoding) => {
    const next = { ...encoding };
    if (isThin(width)) next.maxBitrate = THIN_SOUND_BPS;
    else delete next.maxBitrate;
    return next;
  });
}
