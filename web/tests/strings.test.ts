import { describe, expect, it } from "vitest";
import { SUBJECTS } from "../src/protocol";
import { catalogue } from "../src/catalogue";
import en from "../src/catalogue?en";
import zh from "../src/catalogue?zh";
import { catalogue as inLesson } from "../src/classroom/catalogue";
import { catalogue as check } from "../src/check/catalogue";
import { catalogue as pages } from "../src/courseware/catalogue";
import { fill, speak, t } from "../src/strings";
import { catalogue as tasks } from "../src/tasks/catalogue";
import { catalogue as teaching } from "../src/teaching/catalogue";
import teachingEn from "../src/teaching/catalogue?en";
import teachingZh from "../src/teaching/catalogue?zh";
import { catalogue as plans } from "../src/plan/catalogue";
import { catalogue as timetable } from "../src/timetable/catalogue";
import { catalogue as watching } from "../src/watch/catalogue";
import { catalogue as inRoom } from "../src/room/catalogue";
import inRoomEn from "../src/room/catalogue?en";
import inRoomZh from "../src/room/catalogue?zh";
import watchingEn from "../src/watch/catalogue?en";
import watchingZh from "../src/watch/catalogue?zh";

const CJK = /[\u3400-\u9fff\uff00-\uffef]/;
const sources = Object.entries(import.meta.glob<string>(["../src/**/*.ts", "../src/**/*.vue", "!../src/**/catalogue.ts", "!../src/console/**"], { query: "?raw", import: "default", eager: true }));

describe("the catalogue", () => {
  it("has every sentence in Chinese and in English", () => {
    for (const [key, [zh, en]] of [...Object.entries(catalogue), ...Object.entries(teaching), ...Object.entries(watching), ...Object.entries(tasks), ...Object.entries(inRoom), ...Object.entries(pages), ...Object.entries(check), ...Object.entries(inLesson), ...Object.entries(plans), ...Object.entries(timetable)]) {
      expect(zh.trim(), key).not.toBe("");
      expect(en.trim(), key).not.toBe("");
      if (key !== "other_language") expect(en, key).not.toMatch(/[\u3400-\u9fff]/);
    }
  });

  it("asks for the same values in both languages", () => {
    const names = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "").sort();
    for (const [key, [zh, en]] of [...Object.entries(catalogue), ...Object.entries(teaching), ...Object.entries(watching), ...Object.entries(tasks), ...Object.entries(inRoom), ...Object.entries(pages), ...Object.entries(check), ...Object.entries(inLesson), ...Object.entries(plans), ...Object.entries(timetable)]) expect(names(en), key).toEqual(names(zh));
  });

  it("is split into two languages that lack nothing", () => {
    expect(zh).toEqual(Object.fromEntries(Object.entries(catalogue).map(([key, [text]]) => [key, text])));
    expect(en).toEqual(Object.fromEntries(Object.entries(catalogue).map(([key, [, text]]) => [key, text])));
    expect(inRoomZh).toEqual(Object.fromEntries(Object.entries(inRoom).map(([key, [text]]) => [key, text])));
    expect(inRoomEn).toEqual(Object.fromEntries(Object.entries(inRoom).map(([key, [, text]]) => [key, text])));
    expect(teachingZh).toEqual(Object.fromEntries(Object.entries(teaching).map(([key, [text]]) => [key, text])));
    expect(teachingEn).toEqual(Object.fromEntries(Object.entries(teaching).map(([key, [, text]]) => [key, text])));
    expect(watchingZh).toEqual(Object.fromEntries(Object.entries(watching).map(([key, [text]]) => [key, text])));
    expect(watchingEn).toEqual(Object.fromEntries(Object.entries(watching).map(([key, [, text]]) => [key, text])));
  });

  it("is spoken in the language that was loaded", async () => {
    await speak("en");
    expect(t("people", { n: 5 })).toBe("5 people");
    await speak("zh");
    expect(t("people", { n: 5 })).toBe("5 人");
  });

  it("names the twelve subjects of the form", () => {
    expect(SUBJECTS).toHaveLength(12);
    for (const subject of SUBJECTS) expect(catalogue).toHaveProperty(`subject_${subject}`);
  });

  it("holds every sentence there is: no page has Chinese of its own", () => {
    expect(sources.length).toBeGreaterThan(20);
    for (const [name, source] of sources) {
      const text = source.replace(/<!--[\s\S]*?-->|\/\*[\s\S]*?\*\/|\/\/.*$/gm, "").replace(/export const (SUBJECTS|TRAININGS) = .*$/gm, "");
      expect(text, name).not.toMatch(CJK);
    }
  });

  it("has no sentence that no page uses", () => {
    const all = sources.map(([, source]) => source).join("\n");
    // Families whose names are put together from a value of the protocol.
    const composed = /^(subject|training|pair|state|source|layout|fault|camera|microphone|device|rung|warn|kept|Mon|Tue|Wed|Thu|Fri|Sat|Sun)(_|$)/;
    const ofPlayer = /^(gap|layout|fault|verdict)_/;
    expect(Object.keys(watching).filter((key) => !ofPlayer.test(key) && !all.includes(`"${key}"`) && !all.includes(`'${key}'`))).toEqual([]);
    expect(Object.keys({ ...catalogue, ...teaching, ...inLesson }).filter((key) => !composed.test(key) && !all.includes(`"${key}"`) && !all.includes(`'${key}'`))).toEqual([]);
    // Of steps, lines and what was found of each: put together from what the server says.
    const ofCheck = /^(step|doing|mark|line|wanted|camera|microphone|speaker|echo|path|up|down|round_trip|loss)_/;
    expect(Object.keys(check).filter((key) => !ofCheck.test(key) && !all.includes(`"${key}"`) && !all.includes(`'${key}'`))).toEqual([]);
    for (const [some, made] of [[plans, /^$/], [timetable, /^day_/]] as const) expect(Object.keys(some).filter((key) => !made.test(key) && !all.includes(`"${key}"`) && !all.includes(`'${key}'`))).toEqual([]);
    const ofPages = /^(pointer|pen|highlighter|eraser|red|blue|black|green|yellow)$/;
    expect(Object.keys(pages).filter((key) => !ofPages.test(key) && !all.includes(`"${key}"`) && !all.includes(`'${key}'`))).toEqual([]);
  });
});

describe("fill", () => {
  it("puts values in and leaves what it does not know", () => {
    expect(fill("{a} 和 {b}", { a: 1 })).toBe("1 和 {b}");
  });
});
