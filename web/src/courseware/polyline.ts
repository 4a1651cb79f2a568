// A stroke's points in letters (docs/protocol.md, Pages and strokes): differences, zigzag, five bits a letter.

export type Point = readonly [x: number, y: number];

/** Units of the page's longer side. */
export const SIDE = 10_000;
export const MAX_POINTS = 500;
export const MAX_LETTERS = 2000;

export function encode(points: readonly Point[]): string {
  let letters = "";
  let before: Point = [0, 0];
  for (const point of points) {
    letters += number(point[0] - before[0]) + number(point[1] - before[1]);
    before = point;
  }
  return letters;
}

function number(value: number): string {
  let bits = value < 0 ? ~(value << 1) : value << 1;
  let letters = "";
  while (bits >= 32) {
    letters += String.fromCharCode((32 | (bits & 31)) + 63);
    bits >>= 5;
  }
  return letters + String.fromCharCode(bits + 63);
}

/** What comes from the server has been checked there. */
export function decode(letters: string): Point[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (let place = 0; place < letters.length; place++) {
    const bits = letters.charCodeAt(place) - 63;
    value |= (bits & 31) << shift;
    shift += 5;
    if (bits >= 32) continue;
    numbers.push(value & 1 ? ~(value >> 1) : value >> 1);
    value = shift = 0;
  }
  const points: Point[] = [];
  let x = 0;
  let y = 0;
  for (let place = 0; place + 1 < numbers.length; place += 2) points.push([(x += numbers[place]!), (y += numbers[place + 1]!)]);
  return points;
}

/** As many points as one message carries: nothing is lost that could be seen (`tolerance` in page units). */
export function simplify(points: readonly Point[], tolerance = 3): Point[] {
  for (let within = tolerance; ; within *= 2) {
    const kept = thin(points, within);
    if (kept.length <= MAX_POINTS && encode(kept).length <= MAX_LETTERS) return kept;
  }
}

/** Ramer, Douglas and Peucker, without recursion. */
function thin(points: readonly Point[], tolerance: number): Point[] {
  if (points.length < 3) return [...points];
  const keeps = new Set([0, points.length - 1]);
  const spans: [number, number][] = [[0, points.length - 1]];
  for (let span = spans.pop(); span !== undefined; span = spans.pop()) {
    const [first, last] = span;
    let farthest = 0;
    let far = tolerance;
    for (let each = first + 1; each < last; each++) {
      const away = distance(points[each]!, points[first]!, points[last]!);
      if (away > far) [farthest, far] = [each, away];
    }
    if (farthest === 0) continue;
    keeps.add(farthest);
    spans.push([first, farthest], [farthest, last]);
  }
  return points.filter((_, place) => keeps.has(place));
}

/** From a point to the piece of a line between two others. */
export function distance(point: Point, from: Point, to: Point): number {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.max(0, Math.min(1, ((point[0] - from[0]) * dx + (point[1] - from[1]) * dy) / length));
  return Math.hypot(point[0] - from[0] - along * dx, point[1] - from[1] - along * dy);
}

/** The line through all points, rounded at each; the same in the recording's films (recorder/export/ink.py). */
export function outline(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  if (rest.length === 0) return `M${first[0]} ${first[1]}h1`;
  let path = `M${first[0]} ${first[1]}`;
  for (let place = 0; place < rest.length - 1; place++) {
    const [here, next] = [rest[place]!, rest[place + 1]!];
    path += `Q${here[0]} ${here[1]} ${(here[0] + next[0]) / 2} ${(here[1] + next[1]) / 2}`;
  }
  const last = rest[rest.length - 1]!;
  return `${path}L${last[0]} ${last[1]}`;
}
