/** Sound that is lost may be asked for again (RFC 4585 §6.2.1): browsers can, but offer it for pictures only. */
export function withSoundRepeated(offer: string): string {
  return offer.replace(/^a=rtpmap:(\d+) opus\/48000\/2\r?$/gim, (line, number: string) =>
    new RegExp(`^a=rtcp-fb:(${number}|\\*) nack\\r?$`, "m").test(sectionOf(offer, line)) ? line : `${line.trimEnd()}\r\na=rtcp-fb:${number} nack\r`,
  );
}

/** The m-line's part that holds this line. */
function sectionOf(offer: string, line: string): string {
  return offer.split(/^(?=m=)/m).find((section) => section.includes(line)) ?? "";
}
