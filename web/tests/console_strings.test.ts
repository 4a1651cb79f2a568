import { describe, expect, it } from "vitest";
import { catalogue as shared } from "../src/catalogue";
import { catalogue } from "../src/console/strings";

const CJK = /[\u3400-\u9fff\uff00-\uffef]/;
const files = import.meta.glob<Record<string, Record<string, readonly [string, string]>>>("../src/console/strings/*.ts", { eager: true });
const desks = Object.entries(files).map(([name, module]) => [name, Object.values(module)[0]!] as const);
// Words of the programme that are values in the server's JSON stand in protocol.ts.
const sources = Object.entries(
  import.meta.glob<string>(["../src/console/**/*.ts", "../src/console/**/*.vue", "!../src/console/strings/*.ts", "!../src/console/**/protocol.ts"], { query: "?raw", import: "default", eager: true }),
);

describe("the console's catalogue", () => {
  it("has every sentence in Chinese and in English, with the same values", () => {
    const names = (text: string): string[] => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ""))].sort();
    for (const [, desk] of desks) {
      for (const [key, [zh, en]] of Object.entries(desk)) {
        expect(zh.trim(), key).not.toBe("");
        expect(en.trim(), key).not.toBe("");
        expect(en, key).not.toMatch(/[\u3400-\u9fff]/);
        for (const name of names(en)) expect(names(zh), key).toContain(name);
      }
    }
  });

  it("says nothing under one name in two desks, nor under a name of the classroom's pages", () => {
    const seen = new Map<string, string>(Object.keys(shared).map((key) => [key, "the classroom's pages"]));
    const twice: string[] = [];
    for (const [name, desk] of desks) {
      for (const key of Object.keys(desk)) {
        if (seen.has(key)) twice.push(`${key}: ${seen.get(key)}, ${name}`);
        seen.set(key, name);
      }
    }
    expect(twice).toEqual([]);
  });

  it("holds every sentence there is: no page has Chinese of its own", () => {
    for (const [name, source] of sources) expect(source.replace(/<!--[\s\S]*?-->|\/\*[\s\S]*?\*\/|\/\/.*$/gm, ""), name).not.toMatch(CJK);
  });

  it("has no sentence that no page says", () => {
    const all = sources.map(([, source]) => source).join("\n");
    // Families whose names are put together from a value of the protocol: t(`verdict_${…}`), named("word_", …).
    const families = [...all.matchAll(/`(\w+_)\$\{|named\("(\w+_)"/g)].map((match) => (match[1] ?? match[2])!);
    const own = desks.flatMap(([, desk]) => Object.keys(desk));
    const unsaid = own.filter((key) => !families.some((family) => key.startsWith(family)) && !["\"", "'", "`"].some((quote) => all.includes(`${quote}${key}${quote}`)));
    expect(unsaid).toEqual([]);
    expect(own.every((key) => key in catalogue)).toBe(true);
  });
});
