import { expect, test } from "vitest";
import { isUnfinished, minutesLeft, sizeText, withPupils } from "../src/exports";
import type { ExportLine } from "../src/protocol";

const line = (more: Partial<ExportLine>): ExportLine => ({ id: "a", layout: "slides", pupils: false, state: "running", done: 0, left_s: null, bytes: null, seconds: null, problem: null, ...more });

test("pupils are in it only where somebody says so, or asks for their pictures", () => {
  expect([withPupils("slides", false), withPupils("teacher", true), withPupils("classrooms", false)]).toEqual([false, true, true]);
});

test("a line says what is left and how large the file is", () => {
  expect([minutesLeft(line({})), minutesLeft(line({ left_s: 2 })), minutesLeft(line({ left_s: 61 }))]).toEqual([null, 1, 2]);
  expect([sizeText(480_000_000), sizeText(1_430_000_000), sizeText(1_540_000), sizeText(100)]).toEqual(["480 MB", "1.4 GB", "1.5 MB", "0.1 MB"]);
  expect([isUnfinished(line({ state: "waiting" })), isUnfinished(line({ state: "ready" }))]).toEqual([true, false]);
});
