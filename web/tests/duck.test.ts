import { describe, expect, it } from "vitest";
import { Duck } from "../src/media/duck";

describe("a room with loudspeakers", () => {
  it("is silent while the far end speaks, and a moment longer", () => {
    let now = 0;
    let far = 0;
    const said: boolean[] = [];
    const duck = new Duck(() => far, (isDown) => said.push(isDown), () => now);
    duck.look();
    expect(said).toEqual([]);
    far = 0.1;
    duck.look();
    far = 0.001;
    now = 300;
    duck.look();
    expect(said).toEqual([true]);
    now = 500;
    duck.look();
    expect(said).toEqual([true, false]);
  });
  it("is heard again when that is turned off", () => {
    const said: boolean[] = [];
    const duck = new Duck(() => 1, (isDown) => said.push(isDown), () => 0);
    duck.look();
    duck.turn(false);
    expect(said).toEqual([true, false]);
  });
});
