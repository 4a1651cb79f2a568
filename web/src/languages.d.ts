// The sentences of one language out of a catalogue, by key: vite.config.ts makes them.
declare module "*?zh" {
  const texts: Readonly<Record<string, string>>;
  export default texts;
}
declare module "*?en" {
  const texts: Readonly<Record<string, string>>;
  export default texts;
}
