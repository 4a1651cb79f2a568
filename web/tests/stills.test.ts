import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Stills } from "../src/media/stills";

let asked: { key: string; answer: (ok: boolean) => Promise<void> }[];
let shown: Record<string, string | null>;
let open: Set<string>;
let stills: Stills;

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

beforeEach(() => {
  asked = [];
  shown = {};
  open = new Set();
  let made = 0;
  vi.stubGlobal("URL", {
    createObjectURL: () => {
      const url = `blob:${++made}`;
      open.add(url);
      return url;
    },
    revokeObjectURL: (url: string) => open.delete(url),
  });
  stills = new Stills({
    fetch: (key, stop) =>
      new Promise((resolve, reject) => {
        stop.addEventListener("abort", () => reject(new Error("stopped")));
        asked.push({ key, answer: (ok) => ((ok ? resolve(new Blob()) : reject(new Error("gone"))), settle()) });
      }),
    changed: (key, url) => (shown[key] = url),
  });
});
afterEach(() => vi.unstubAllGlobals());

describe("stills", () => {
  it("are fetched one at a time, the newest, and let go", async () => {
    stills.keep(new Set(["teacher/camera", "teacher/screen"]));
    stills.announce("teacher/camera");
    stills.announce("teacher/camera");
    stills.announce("teacher/screen");
    stills.announce("teacher/camera");
    expect(asked.map((each) => each.key)).toEqual(["teacher/camera"]);
    await asked[0]!.answer(true);
    expect(shown).toEqual({ "teacher/camera": "blob:1" });
    for (const number of [1, 2]) {
      expect(asked).toHaveLength(number + 1);
      await asked[number]!.answer(true);
    }
    expect(asked).toHaveLength(3);
    expect([...open].sort()).toEqual(Object.values(shown).sort());
    stills.keep(new Set());
    expect([shown, [...open]]).toEqual([{ "teacher/camera": null, "teacher/screen": null }, []]);
  });

  it("that nobody is to see any more are not fetched to their end", async () => {
    stills.keep(new Set(["a", "b"]));
    stills.announce("a");
    stills.announce("b");
    stills.keep(new Set(["b"]));
    await settle();
    expect(asked.map((each) => each.key)).toEqual(["a", "b"]);
    await asked[0]!.answer(true);
    await asked[1]!.answer(true);
    expect(shown).toEqual({ b: "blob:1" });
  });

  it("that cannot be fetched leave the last one standing", async () => {
    stills.keep(new Set(["a"]));
    stills.announce("a");
    await asked[0]!.answer(true);
    stills.announce("a");
    await asked[1]!.answer(false);
    expect([shown, [...open]]).toEqual([{ a: "blob:1" }, ["blob:1"]]);
    stills.announce("a");
    await asked[2]!.answer(true);
    expect([shown, [...open]]).toEqual([{ a: "blob:2" }, ["blob:2"]]);
  });

  it("come for those streams alone that are to be seen so, and never after the end", async () => {
    stills.announce("c");
    stills.keep(new Set(["a", "b"]));
    stills.announce("a");
    stills.announce("b");
    stills.keep(new Set(["a"]));
    await asked[0]!.answer(true);
    expect([asked.length, shown]).toEqual([1, { a: "blob:1" }]);
    stills.announce("a");
    stills.keep(new Set());
    await asked[1]!.answer(true);
    stills.announce("a");
    expect([asked.length, shown["a"], [...open]]).toEqual([2, null, []]);
  });

  it("that come after their stream has moved again are not shown", async () => {
    stills.keep(new Set(["a"]));
    stills.announce("a");
    stills.keep(new Set());
    await asked[0]!.answer(true);
    expect([shown["a"] ?? null, [...open]]).toEqual([null, []]);
  });
});
