import { shallowReactive } from "vue";
import { t } from "../strings";

// The way that packets go, and the servers that may help them. The worse one sorts first: relayed, then TCP, then direct.

export type Path = "relay_tcp" | "relay_tls" | "relay_udp" | "tcp" | "udp";

interface Entry {
  type: string;
  selectedCandidatePairId?: string;
  selected?: boolean;
  localCandidateId?: string;
  candidateType?: string;
  protocol?: string;
  relayProtocol?: string;
}

/** TURN servers as the newest welcome named them. */
export const turn: { servers: RTCIceServer[] } = { servers: [] };

/** Of each connection that is wanted, by whatever stands for it. */
export const paths = shallowReactive(new Map<object, Path>());

/** What getStats says of the selected pair; undefined while there is none. */
export function pathOf(report: Map<string, Entry>): Path | undefined {
  const entries = [...report.values()];
  const id = entries.find((entry) => entry.type === "transport")?.selectedCandidatePairId;
  // Firefox marks the pair instead.
  const pair = id === undefined ? entries.find((entry) => entry.selected) : report.get(id);
  const local = report.get(pair?.localCandidateId ?? "");
  if (local?.candidateType === "relay") return `relay_${local.relayProtocol ?? "udp"}` as Path;
  return local?.protocol as Path | undefined;
}

/** Which way it goes and why, when that is not the direct one. */
export function pathSentence(): string {
  const path = [...paths.values()].sort()[0] ?? "udp";
  if (path === "udp") return "";
  return path === "tcp" ? t("path_tcp") : t("path_relay", { how: path.slice(6).toUpperCase() });
}
