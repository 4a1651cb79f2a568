import { describe, expect, it } from "vitest";
import { Instants } from "../src/keep/instants";
import { folderOf, reaches, shelfOf, surplus, type Part } from "../src/keep/shelf";

describe("what time it is for the server", () => {
  it("is not known before it has said so", () => expect(new Instants().at(1000)).toBeNull());
  it("goes by the fastest of the pings, whatever this device's date is", () => {
    const instants = new Instants();
    instants.pong(1000, 1400, 900_000_200 + 150); // 150 ms longer on the way back
    instants.pong(3000, 3020, 900_002_010);
    instants.pong(5000, 5900, 900_004_010);
    expect(instants.at(10_000)).toBe(900_009_010); // with half a round trip on top
  });
  it("forgets a clock that has gone astray", () => {
    const instants = new Instants();
    instants.pong(0, 10, 1_000_005);
    for (let ping = 1; ping <= 60; ping++) instants.pong(ping * 2000, ping * 2000 + 20, 1_000_110 + ping * 2000);
    expect(instants.at(0)).toBe(1_000_110);
  });
});

describe("the shelf", () => {
  const part = (begin: number, bytes: number, marked = false): Part => ({ begin, bytes, marked });
  it("is named after its stream, and read back", () => {
    const shelf = { lesson: "L-1_a", seat: "teacher", source: "camera" };
    expect(shelfOf(folderOf(shelf))).toEqual(shelf);
    expect(["a~b", "a~b~c~d", "", "~~"].map(shelfOf)).toEqual([null, null, null, null]);
  });
  it("lets go of the oldest that nobody needs, and of marked ones only when the device is full", () => {
    const parts = [part(3, 40), part(1, 40, true), part(2, 40), part(4, 40)];
    expect(surplus(parts, 80, 1000).map((each) => each.begin)).toEqual([2]);
    expect(surplus(parts, 80, 100).map((each) => each.begin)).toEqual([2, 1]);
    expect(surplus(parts, 120, 160)).toEqual([]);
  });
  it("knows what may reach into a gap", () => {
    expect([0, 7_000, 15_500, 30_000].map((begin) => reaches(begin, 20_000, 26_000))).toEqual([false, true, true, false]);
  });
});
