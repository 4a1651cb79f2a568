import { problemOf } from "../api";
import { pathOf, type Path } from "../media/path";
import { best, lossOf, median, type Tally } from "./figures";
import { pause } from "./sound";

// The line to the relay, measured with a short session of its own: noise goes up and comes back. First little of it, to
// see what is lost and how long the way is; then as much as a room shall have, back by several ways at once.

export interface LineFigures {
  path: Path | null;
  up_kbps: number | null;
  down_kbps: number | null;
  round_trip_ms: number | null;
  loss: number | null;
}

const CONNECT_MS = 15_000;
const CALM_MS = 4000;
const LOAD_MS = 7000;
const SAMPLE_MS = 500;
const CALM_BPS = 500_000;
const LOAD_BPS = 5_500_000;
/** The first of them from the beginning on. */
const VIEWS = 3;
const [WIDTH, HEIGHT, FPS] = [640, 360, 30];

export async function measureLine(ticket: string, iceServers: RTCIceServer[], told: (share: number) => void): Promise<LineFigures> {
  const figures: LineFigures = { path: null, up_kbps: null, down_kbps: null, round_trip_ms: null, loss: null };
  const noise = new Noise();
  const open: RTCPeerConnection[] = [];
  try {
    const sender = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers });
    open.push(sender);
    sender.addTransceiver(noise.track, { direction: "sendonly", sendEncodings: [{ maxBitrate: CALM_BPS }] });
    if (!(await connect(sender, `/whip/check/${ticket}`))) return figures;
    told(0.1);
    const first = await view(ticket, iceServers, open);
    figures.path = pathOf((await sender.getStats()) as never) ?? null;
    told(0.2);
    if (first !== null) Object.assign(figures, await calm(sender, first, (share) => told(0.2 + 0.3 * share)));
    Object.assign(figures, await loaded(sender, ticket, iceServers, open, (share) => told(0.5 + 0.5 * share)));
    return figures;
  } finally {
    for (const connection of open) connection.close();
    noise.stop();
  }
}

async function calm(sender: RTCPeerConnection, receiver: RTCPeerConnection, told: (share: number) => void): Promise<Partial<LineFigures>> {
  const trips: number[] = [];
  // The first second is the line's getting up.
  await pause(1000);
  const [sentBefore, receivedBefore] = [await tally([sender]), await tally([receiver])];
  for (let spent = 0; spent < CALM_MS; spent += SAMPLE_MS) {
    await pause(SAMPLE_MS);
    const now = await tally([sender]);
    if (now.trip_ms !== null) trips.push(now.trip_ms);
    told(spent / CALM_MS);
  }
  const [sent, received] = [await tally([sender]), await tally([receiver])];
  const losses = [lossOf(sentBefore, sent), lossOf(receivedBefore, received)].filter((each) => each !== null);
  return { loss: losses.length ? Math.max(...losses) : null, round_trip_ms: trips.length ? Math.round(median(trips)) : null };
}

async function loaded(sender: RTCPeerConnection, ticket: string, iceServers: RTCIceServer[], open: RTCPeerConnection[], told: (share: number) => void): Promise<Partial<LineFigures>> {
  const [video] = sender.getSenders();
  const parameters = video!.getParameters();
  for (const encoding of parameters.encodings) encoding.maxBitrate = LOAD_BPS;
  await video!.setParameters(parameters).catch(() => undefined);
  const more = Array.from({ length: VIEWS - 1 }, () => view(ticket, iceServers, open));
  const [up, down]: [Tally[], Tally[]] = [[], []];
  for (let spent = 0; spent < LOAD_MS; spent += SAMPLE_MS) {
    up.push(await tally([sender]));
    down.push(await tally(open.slice(1)));
    told(spent / LOAD_MS);
    await pause(SAMPLE_MS);
  }
  await Promise.allSettled(more);
  return { up_kbps: best(up), down_kbps: best(down) };
}

async function view(ticket: string, iceServers: RTCIceServer[], open: RTCPeerConnection[]): Promise<RTCPeerConnection | null> {
  const receiver = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers });
  receiver.addTransceiver("video", { direction: "recvonly" });
  if (!(await connect(receiver, `/whep/check/${ticket}`))) {
    receiver.close();
    return null;
  }
  open.push(receiver);
  return receiver;
}

/** Whether media may flow within the time that there is. Throws what the server says. */
async function connect(connection: RTCPeerConnection, url: string): Promise<boolean> {
  const offer = await connection.createOffer();
  // What is lost shall not come again: it is what is to be measured.
  const plain = (offer.sdp ?? "").replace(/a=rtcp-fb:\d+ nack\r\n/g, "");
  await connection.setLocalDescription({ type: "offer", sdp: plain });
  const answer = await fetch(url, { method: "POST", headers: { "Content-Type": "application/sdp" }, body: connection.localDescription?.sdp ?? "" });
  if (!answer.ok) throw await problemOf(answer);
  await connection.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  const until = performance.now() + CONNECT_MS;
  while (connection.connectionState !== "connected" && performance.now() < until) {
    if (connection.connectionState === "failed" || connection.connectionState === "closed") return false;
    await pause(50);
  }
  return connection.connectionState === "connected";
}

interface Entry {
  type: string;
  id: string;
  bytesSent?: number;
  headerBytesSent?: number;
  packetsSent?: number;
  bytesReceived?: number;
  headerBytesReceived?: number;
  packetsReceived?: number;
  packetsLost?: number;
  roundTripTime?: number;
  currentRoundTripTime?: number;
  nominated?: boolean;
}

/** What has gone and come on these connections until now. */
async function tally(connections: RTCPeerConnection[]): Promise<Tally> {
  const sum: Tally = { at_ms: performance.now(), bytes: 0, packets: 0, lost: null, trip_ms: null };
  for (const connection of connections) {
    for (const entry of (await connection.getStats()).values() as Iterable<Entry>) {
      if (entry.type === "outbound-rtp") {
        sum.bytes += (entry.bytesSent ?? 0) + (entry.headerBytesSent ?? 0);
        sum.packets += entry.packetsSent ?? 0;
      } else if (entry.type === "inbound-rtp") {
        sum.bytes += (entry.bytesReceived ?? 0) + (entry.headerBytesReceived ?? 0);
        sum.packets += (entry.packetsReceived ?? 0) + Math.max(0, entry.packetsLost ?? 0);
        sum.lost = (sum.lost ?? 0) + Math.max(0, entry.packetsLost ?? 0);
      } else if (entry.type === "remote-inbound-rtp") {
        sum.lost = (sum.lost ?? 0) + Math.max(0, entry.packetsLost ?? 0);
      } else if (entry.type === "candidate-pair" && entry.currentRoundTripTime !== undefined && entry.nominated !== false) {
        sum.trip_ms = entry.currentRoundTripTime * 1000;
      }
    }
  }
  return sum;
}

/** Pictures that no codec makes small, so that as much is sent as may be. */
class Noise {
  readonly track: MediaStreamTrack;
  private readonly timer: ReturnType<typeof setInterval>;

  constructor() {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [WIDTH, HEIGHT];
    const pen = canvas.getContext("2d")!;
    const size = WIDTH * HEIGHT * 4;
    // Twice a picture: each one begins somewhere else in it.
    const dust = new Uint8ClampedArray(size * 2);
    for (let at = 0; at < dust.length; at += 65_536) crypto.getRandomValues(dust.subarray(at, Math.min(at + 65_536, dust.length)));
    for (let at = 3; at < dust.length; at += 4) dust[at] = 255;
    this.timer = setInterval(() => {
      const from = Math.floor(Math.random() * (size / 4)) * 4;
      pen.putImageData(new ImageData(dust.subarray(from, from + size), WIDTH, HEIGHT), 0, 0);
    }, 1000 / FPS);
    this.track = canvas.captureStream(FPS).getVideoTracks()[0]!;
  }

  stop(): void {
    clearInterval(this.timer);
    this.track.stop();
  }
}
