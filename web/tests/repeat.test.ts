import { expect, test } from "vitest";
import { withSoundRepeated } from "../src/media/repeat";

const OFFER = ["v=0", "m=audio 9 UDP/TLS/RTP/SAVPF 111 63", "a=rtpmap:111 opus/48000/2", "a=rtcp-fb:111 transport-cc", "a=rtpmap:63 red/48000/2", "m=video 9 UDP/TLS/RTP/SAVPF 96", "a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 nack", ""].join("\r\n");

test("opus may be asked for again, and everything else stays as it is", () => {
  expect(withSoundRepeated(OFFER)).toBe(OFFER.replace("opus/48000/2\r\n", "opus/48000/2\r\na=rtcp-fb:111 nack\r\n"));
});

test("an offer that says so already stays as it is, and so does one without sound", () => {
  const said = withSoundRepeated(OFFER);
  expect(withSoundRepeated(said)).toBe(said);
  const silent = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n";
  expect(withSoundRepeated(silent)).toBe(silent);
});
