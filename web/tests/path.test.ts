import { afterEach, describe, expect, it, vi } from "vitest";

vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
const { pathOf, paths, pathSentence } = await import("../src/media/path");
await (await import("../src/strings")).speak("zh");

type Entry = Parameters<typeof pathOf>[0] extends Map<string, infer E> ? E : never;

const report = (local: Partial<Entry>, more: [string, Entry][] = [["t", { type: "transport", selectedCandidatePairId: "p" }]]): Map<string, Entry> =>
  new Map<string, Entry>([
    ["old", { type: "candidate-pair", localCandidateId: "lost" }],
    ["p", { type: "candidate-pair", localCandidateId: "l" }],
    ["l", { type: "local-candidate", candidateType: "host", ...local }],
    ...more,
  ]);

afterEach(() => paths.clear());

describe("the way of a connection", () => {
  it.each([
    [{ protocol: "udp" }, "udp"],
    [{ protocol: "tcp" }, "tcp"],
    [{ protocol: "udp", candidateType: "relay", relayProtocol: "tls" }, "relay_tls"],
    [{ protocol: "udp", candidateType: "relay", relayProtocol: "udp" }, "relay_udp"],
  ])("is that of the selected pair: %o", (local, path) => {
    expect(pathOf(report(local))).toBe(path);
  });

  it("is unknown until a pair is selected", () => {
    expect(pathOf(report({ protocol: "udp" }, [["t", { type: "transport" }]]))).toBeUndefined();
  });

  it("is read from the pair itself where the transport does not name it", () => {
    expect(pathOf(report({ protocol: "tcp" }, [["p", { type: "candidate-pair", localCandidateId: "l", selected: true }]]))).toBe("tcp");
  });
});

describe("the sentence about it", () => {
  it("is silent about the direct way and tells the worst of the others", () => {
    expect(pathSentence()).toBe("");
    paths.set({}, "udp");
    expect(pathSentence()).toBe("");
    paths.set({}, "tcp");
    expect(pathSentence()).toContain("TCP");
    paths.set({}, "relay_tls");
    expect(pathSentence()).toContain("TLS");
  });
});
