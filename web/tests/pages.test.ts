import { describe, expect, it } from "vitest";
import { clockText, dateParts, durationText } from "../src/clock";
import { deviceState } from "../src/media/devices";
import { loudness } from "../src/media/levels";
import { parseRoute, pastedPath } from "../src/router";

describe("parseRoute", () => {
  it.each([
    ["/", "", { page: "landing" }],
    ["/teach", "", { page: "teach" }],
    ["/teach/", "", { page: "teach" }],
    ["/teach/abcdefghij23", "", { page: "studio", lesson: "abcdefghij23", autostart: false }],
    ["/teach/abcdefghij23", "?autostart=1", { page: "studio", lesson: "abcdefghij23", autostart: true }],
    ["/join/AbC-_123456", "", { page: "join", token: "AbC-_123456" }],
    ["/room/AbC-_123456", "", { page: "room", token: "AbC-_123456" }],
    ["/observe/AbC-_123456", "", { page: "observe", token: "AbC-_123456" }],
    ["/watch/abcdefghij23", "", { page: "watch", recording: "abcdefghij23" }],
    ["/check", "", { page: "check", from: "" }],
    ["/check", "?from=room", { page: "check", from: "room" }],
    ["/check", "?from=//evil.example", { page: "check", from: "" }],
    ["/check/room", "", { page: "unknown" }],
    ["/screen", "", { page: "screen" }],
    ["/watch/", "", { page: "unknown" }],
    ["/join/", "", { page: "unknown" }],
    ["/join/a/b", "", { page: "unknown" }],
    ["/admin", "", { page: "unknown" }],
  ])("%s%s", (path, search, route) => {
    expect(parseRoute(path, search)).toEqual(route);
  });
});

describe("pastedPath", () => {
  const here = "https://classroom.example";
  it("takes a link of this server, with its token", () => {
    expect(pastedPath(` ${here}/teach/abc#tok `, here)).toBe("/teach/abc#tok");
    expect(pastedPath("/join/AbC-_123456", here)).toBe("/join/AbC-_123456");
  });
  it("refuses everything else", () => {
    for (const text of ["https://evil.example/join/AbC-_123456", "javascript:alert(1)", here, "", "482913", "http://"]) expect(pastedPath(text, here)).toBeNull();
  });
});

describe("times", () => {
  it("are the county's, whatever the PC thinks", () => {
    expect(clockText("2019-05-14T01:05:00Z")).toBe("09:05");
    expect(dateParts("2019-05-14T20:00:00Z")).toEqual({ year: "2019", month: "5", day: "15", weekday: "Wed" });
    expect(clockText("nonsense")).toBe("--:--");
  });
  it("count minutes and hours", () => {
    expect([0, 61_000, 3_600_000, -5000].map(durationText)).toEqual(["0:00", "1:01", "1:00:00", "0:05"]);
  });
});

describe("deviceState", () => {
  it.each([
    ["NotAllowedError", "denied"],
    ["NotReadableError", "busy"],
    ["NotFoundError", "missing"],
    ["OverconstrainedError", "missing"],
  ])("%s is %s", (name, state) => {
    expect(deviceState(Object.assign(new Error(), { name }))).toBe(state);
  });
});

describe("loudness", () => {
  it("goes from silence to full", () => {
    expect([0, 0.0005, 0.5, 1].map(loudness)).toEqual([0, 0, expect.closeTo(1, 1), 1]);
  });
});
