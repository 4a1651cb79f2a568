// What a page's own files took to come is the first that is known of its line: on a thin one sound must not wait until
// the first picture has shown that there is no room for it. Pure, but for `opened`.

/** A line that carries no more has no room for a picture beside sound, in either direction. */
const THIN_BPS = 200_000;
/** Fewer octets say nothing, and most of a page from the cache is none. */
const TELLING_OCTETS = 30_000;
/** A file of several packets came no faster than the line; on a busy PC some come slower. */
const TELLING_FILE = 8_000;
/** After so long it is another line, perhaps. */
const FRESH_MS = 60_000;
/** What a script asks for itself is small, and waits for the server. */
const ASKED: ReadonlySet<string> = new Set(["fetch", "xmlhttprequest", "beacon"]);

export interface Came {
  initiatorType: string;
  responseStart: number;
  responseEnd: number;
  transferSize: number;
}

const bps = (octets: number, ms: number): number => (ms > 0 ? Math.round((8000 * octets) / ms) : Infinity);

/** Bits per second while files came, the time without any left out, or while the fastest large one did; null when too little came. */
export function carriedBps(entries: readonly Came[]): number | null {
  const files = entries.filter((each) => each.transferSize > 0 && each.responseStart > 0 && !ASKED.has(each.initiatorType));
  const octets = files.reduce((sum, each) => sum + each.transferSize, 0);
  let [ms, until] = [0, 0];
  for (const each of [...files].sort((a, b) => a.responseStart - b.responseStart)) {
    ms += Math.max(0, each.responseEnd - Math.max(until, each.responseStart));
    until = Math.max(until, each.responseEnd);
  }
  if (octets < TELLING_OCTETS) return null;
  const large = files.filter((each) => each.transferSize >= TELLING_FILE);
  const carried = Math.max(bps(octets, ms), ...large.map((each) => bps(each.transferSize, each.responseEnd - each.responseStart)));
  return Number.isFinite(carried) ? carried : null;
}

function opened(): number | null {
  if (performance.now() > FRESH_MS) return null;
  return carriedBps([...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")] as PerformanceResourceTiming[]);
}

/** Whether this page has just been opened on a line that has no room for pictures. */
export function isOpenedThin(): boolean {
  return (opened() ?? Infinity) <= THIN_BPS;
}

/** The same for the server, in Mbit/s, as the Network Information API names it. */
export function downlinkHeader(): Record<string, string> {
  const bps = opened();
  return bps === null ? {} : { Downlink: (bps / 1e6).toFixed(3) };
}
