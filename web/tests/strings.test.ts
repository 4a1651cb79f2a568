import { describe, expect, it } from "vitest";
import { SUBJECTS } from "../src/protocol";
import { catalogue } from "../src/catalogue";
import en from "../src/catalogue?en";
import zh from "../src/catalogue?zh";
import { fill, speak, t } from "../src/strings";

const CJK = /[\u3400-\u9fff\uff00-\uffef]/;
const sources = Object.entries(import.meta.glob<string>(["../src/**/*.ts", "../src/**/*.vue", "!../src/catalogue.ts", "!../src/console/**"], { query: "?raw", import: "default", eager: true }));

describe("the catalogue", () => {
  it("has every sentence in Chinese and in English", () => {
    for (const [key, [zh, en]] of Object.entries(catalogue)) {
      expect(zh.trim(), key).not.toBe("");
      expect(en.trim(), key).not.toBe("");
      if (key !== "other_language") expect(en, key).not.toMatch(/[\u3400-\u9fff]/);
    }
  });

  it("asks for the same values in both languages", () => {
    const names = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "").sort();
    for (const [key, [zh, en]] of Object.entries(catalogue)) expect(names(en), key).toEqual(names(zh));
  });

  it("is split into two languages that lack nothing", () => {
    expect(zh).toEqual(Object.fromEntries(Object.entries(catalogue).map(([key, [text]]) => [key, text])));
    expect(en).toEqual(Object.fromEntries(Object.entries(catalogue).map(([key, [, text]]) => [key, text])));
  });

  it("is spoken in the language that was loaded", async () => {
    await speak("en");
    expect(t("minutes", { n: 5 })).toBe("5 min");
    await speak("zh");
    expect(t("minutes", { n: 5 })).toBe("5 分钟");
  });

  it("names the twelve subjects of the form", () => {
    expect(SUBJECTS).toHaveLength(12);
    for (const subject of SUBJECTS) expect(catalogue).toHaveProperty(`subject_${subject}`);
  });

  it("holds every sentence there is: no page has Chinese of its own", () => {
    expect(sources.length).toBeGreaterThan(20);
    for (const [name, source] of sources) {
      const text = source.replace(/<!--[\s\S]*?-->|\/\*[\s\S]*?\*\/|\/\/.*$/gm, "").replace(/export const SUBJECTS = .*$/m, "");
      expect(text, name).not.toMatch(CJK);
    }
  });

  it("has no sentence that no page uses", () => {
    const all = sources.map(([, source]) => source).join("\n");
    // Families whose names are put together from a value of the protocol.
    const composed = /^(subject|pair|state|source|fault|camera|microphone|device|rung|Mon|Tue|Wed|Thu|Fri|Sat|Sun)(_|$)/;
    expect(Object.keys(catalogue).filter((key) => !composed.test(key) && !all.includes(`"${key}"`) && !all.includes(`'${key}'`))).toEqual([]);
  });
});

describe("fill", () => {
  it("puts values in and leaves what it does not know", () => {
    expect(fill("{a} 和 {b}", { a: 1 })).toBe("1 和 {b}");
  });
});
