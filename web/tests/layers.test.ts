import { beforeEach, describe, expect, it, vi } from "vitest";
import { encodingsOf, shaped, shapedSound, singleEncoding, withActive } from "../src/media/layers";
import { Publisher } from "../src/media/publish";
import { CLASSROOM_CAMERA, SCREEN, TEACHER_CAMERA } from "../src/media/shapes";

describe("encodingsOf", () => {
  it("puts the largest first, by name, size and bitrate", () => {
    const told = encodingsOf(TEACHER_CAMERA.layers).map(({ rid, scaleResolutionDownBy, maxBitrate }) => [rid, scaleResolutionDownBy, maxBitrate]);
    expect(told).toEqual([["h", 1, 1_500_000], ["m", 2, 500_000], ["l", 4, 150_000]]);
    expect(encodingsOf([...TEACHER_CAMERA.layers].reverse())).toEqual(encodingsOf(TEACHER_CAMERA.layers));
    expect(encodingsOf(CLASSROOM_CAMERA.layers).map((each) => each.maxBitrate)).toEqual([500_000, 150_000]);
    expect(encodingsOf(SCREEN.layers).map((each) => each.maxFramerate)).toEqual([15, 5]);
  });
  it("falls back to the largest, without a name", () => {
    expect(singleEncoding(CLASSROOM_CAMERA.layers)).toEqual([{ maxBitrate: 500_000, maxFramerate: 25 }]);
    expect(singleEncoding([])).toEqual([]);
  });
});

describe("withActive", () => {
  const three = encodingsOf(TEACHER_CAMERA.layers);
  const sent = (encodings: RTCRtpEncodingParameters[] | null): unknown => encodings?.map((each) => [each.rid, each.active]) ?? null;

  it("stops what nobody wants and starts it again", () => {
    const low = withActive(three, ["l"]);
    expect(sent(low)).toEqual([["h", false], ["m", false], ["l", true]]);
    expect(sent(withActive(low ?? [], ["h", "l"]))).toEqual([["h", true], ["m", false], ["l", true]]);
    expect(low?.[0]?.maxBitrate).toBe(1_500_000);
  });
  it("leaves alone what is so already", () => expect(withActive(three, ["l", "m", "h", "x"])).toBeNull());
  it("never stops everything", () => {
    expect(withActive(three, [])).toBeNull();
    expect(withActive(three, ["x"])).toBeNull();
  });
  it("leaves a single encoding alone", () => {
    expect(withActive([{ maxBitrate: 1 }], ["l"])).toBeNull();
    expect(withActive([{ rid: "h" }], ["l"])).toBeNull();
  });
});

describe("shaped", () => {
  const { layers } = TEACHER_CAMERA;
  const sent = (encodings: RTCRtpEncodingParameters[] | null): unknown => encodings?.map((each) => [each.active, each.maxBitrate, each.maxFramerate]) ?? null;

  it("leaves a trickle of the smallest on a thin line, and gives back what is wanted", () => {
    const whole = encodingsOf(layers);
    const thin = shaped(whole, layers, ["h", "l"], "thin");
    expect(sent(thin)).toEqual([[false, 1_500_000, 25], [false, 500_000, 25], [true, 15_000, 1]]);
    expect(shaped(thin ?? [], layers, ["m"], "thin")).toBeNull();
    expect(sent(shaped(thin ?? [], layers, ["h", "l"], "wide"))).toEqual([[true, 1_500_000, 25], [false, 500_000, 25], [true, 150_000, 25]]);
    expect(sent(shaped(thin ?? [], layers, null, "wide"))).toEqual(sent(shaped(thin ?? [], layers, ["x"], "wide")));
    expect(shaped(whole, layers, null, "wide")).toBeNull();
  });
  it("sends nothing of it while a queue stands in the line", () => {
    expect(shaped(encodingsOf(layers), layers, ["h"], "blocked")?.map((each) => each.active)).toEqual([false, false, false]);
  });
  it("leaves sound most of what is left", () => {
    expect(shapedSound([{}], "narrow")).toBeNull();
    expect(shapedSound([{}], "thin")).toEqual([{ maxBitrate: 20_000 }]);
    expect(shapedSound([{ maxBitrate: 20_000 }], "blocked")).toBeNull();
    expect(shapedSound([{ maxBitrate: 20_000 }], "wide")).toEqual([{}]);
  });
  it("does the same with a single picture", () => {
    const single = singleEncoding(layers);
    const thin = shaped(single, layers, ["l"], "thin");
    expect(sent(thin)).toEqual([[true, 15_000, 1]]);
    expect(sent(shaped(thin ?? [], layers, ["l"], "wide"))).toEqual([[true, 1_500_000, 25]]);
    expect(shaped(single, layers, ["l"], "wide")).toBeNull();
  });
});

describe("a publisher", () => {
  const asked: { kind: string; encodings: RTCRtpEncodingParameters[] | undefined }[] = [];
  let senders: { encodings: RTCRtpEncodingParameters[]; track: { kind: string } }[];
  let knowsLayers: boolean;

  class FakeConnection {
    connectionState = "connected";
    localDescription = { sdp: "offer" };
    onconnectionstatechange: (() => void) | null = null;
    addTransceiver(track: { kind: string }, init: RTCRtpTransceiverInit): void {
      const encodings = init.sendEncodings;
      if (!knowsLayers && encodings?.some((each) => each.rid)) throw new TypeError("no layers here");
      asked.push({ kind: track.kind, encodings });
      senders.push({ encodings: encodings ?? [{}], track });
    }
    getSenders(): unknown[] {
      return senders.map((sender) => ({
        track: sender.track,
        transport: null,
        getParameters: () => ({ encodings: sender.encodings.map((each) => ({ ...each })) }),
        setParameters: async (parameters: RTCRtpSendParameters) => void (sender.encodings = parameters.encodings),
      }));
    }
    getReceivers(): unknown[] {
      return [];
    }
    async getStats(): Promise<Map<string, unknown>> {
      return new Map();
    }
    async createOffer(): Promise<RTCSessionDescriptionInit> {
      return { type: "offer", sdp: "" };
    }
    async setLocalDescription(): Promise<void> {}
    async setRemoteDescription(): Promise<void> {}
    close(): void {}
  }

  async function published(): Promise<Publisher> {
    let up = (): void => undefined;
    const isUp = new Promise<void>((resolve) => (up = resolve));
    const publisher = new Publisher({ lesson: "l", seat: "s", source: "camera", token: "t", shape: TEACHER_CAMERA, changed: (now) => now && up() });
    void publisher.setTracks([{ kind: "video" }, { kind: "audio" }] as MediaStreamTrack[]);
    await isUp;
    return publisher;
  }

  beforeEach(() => {
    asked.length = 0;
    senders = [];
    knowsLayers = true;
    const answer = new Response("answer", { status: 201, headers: { Location: "/sessions/abc234" } });
    Object.defineProperty(answer, "url", { value: "http://here/whip" });
    vi.stubGlobal("RTCPeerConnection", FakeConnection);
    vi.stubGlobal("MediaStream", class {});
    vi.stubGlobal("fetch", async () => answer);
  });

  it("offers sound first and its picture in layers, and sends those that are wanted", async () => {
    const publisher = await published();
    expect(asked).toEqual([{ kind: "audio", encodings: undefined }, { kind: "video", encodings: encodingsOf(TEACHER_CAMERA.layers) }]);
    await publisher.setLayers(["l", "m"]);
    expect(senders.map((sender) => sender.encodings.map((each) => each.active))).toEqual([[undefined], [false, true, true]]);
    publisher.close();
  });

  it("sends one picture where the browser knows no layers, whatever is wanted", async () => {
    knowsLayers = false;
    const publisher = await published();
    expect(asked[1]).toEqual({ kind: "video", encodings: [{ maxBitrate: 1_500_000, maxFramerate: 25 }] });
    await publisher.setLayers(["l"]);
    expect(senders[1]?.encodings).toEqual([{ maxBitrate: 1_500_000, maxFramerate: 25 }]);
    publisher.close();
  });
});
