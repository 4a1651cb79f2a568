// When the server would have received what is caught here at some moment: its wall clock, by the pings of the WebSocket.
// The device's own clock is never asked for the time, only for how much of it has passed. Pure.

/** Two minutes of pings: the fastest of them says most, and no quartz goes astray meanwhile. */
const SAMPLES = 60;

interface Sample {
  round_trip_ms: number;
  offset_ms: number;
}

export class Instants {
  private samples: Sample[] = [];

  /** A pong came: `sent` and `received` on this page's monotonic clock, `server` is the server's in ms since the epoch. */
  pong(sent: number, received: number, server: number): void {
    if (received < sent || Number.isNaN(server)) return;
    this.samples.push({ round_trip_ms: received - sent, offset_ms: server - (sent + received) / 2 });
    if (this.samples.length > SAMPLES) this.samples.shift();
  }

  /** A moment of this page's monotonic clock as the server's, ms since the epoch, half a round trip later; null before the first pong. */
  at(moment: number): number | null {
    if (this.samples.length === 0) return null;
    const best = this.samples.reduce((a, b) => (b.round_trip_ms <= a.round_trip_ms ? b : a));
    return moment + best.offset_ms + best.round_trip_ms / 2;
  }
}
