// Simulcast: one camera in up to three sizes, so that each screen is sent what it shows and what its line carries. Pure.

export interface Layer {
  rid: string;
  /** Divides width and height. */
  scale: number;
  max_bps: number;
  fps: number;
}

/**
 * The encodings of a transceiver, the largest first. When the uplink is poor libwebrtc serves the lowest bitrate first, in
 * whatever order they stand. Of a small camera (640×480 and below) it keeps only the first ones: the large picture must
 * be among them. And a server that takes no layers gets the first.
 */
export function encodingsOf(layers: readonly Layer[]): RTCRtpEncodingParameters[] {
  return [...layers]
    .sort((a, b) => a.scale - b.scale)
    .map(({ rid, scale, max_bps, fps }) => ({ rid, scaleResolutionDownBy: scale, maxBitrate: max_bps, maxFramerate: fps }));
}

/** One encoding without a name, for browsers that know no layers. */
export function singleEncoding(layers: readonly Layer[]): RTCRtpEncodingParameters[] {
  const [largest] = encodingsOf(layers);
  return largest?.maxBitrate === undefined ? [] : [{ maxBitrate: largest.maxBitrate }];
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
