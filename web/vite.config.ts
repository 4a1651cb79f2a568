import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { transformWithOxc, type Plugin } from "vite";
import { defineConfig } from "vitest/config";

// The server answers /api, /ws, /whip, /whep and /sessions; everything else is these pages.
const server = process.env["CLASSROOM_URL"] ?? "http://127.0.0.1:8080";

const dist = fileURLToPath(new URL("../signaling/dist", import.meta.url));

/** `catalogue?zh`, `catalogue?en`: one language of a file of sentences that stand side by side, so that a page loads no more. */
const languages: Plugin = {
  name: "languages",
  async load(id) {
    const [file = "", query = ""] = id.split("?");
    const column = ["zh", "en"].indexOf(query);
    if (column < 0 || !file.endsWith("catalogue.ts")) return null;
    this.addWatchFile(file);
    const { code } = await transformWithOxc(await readFile(file, "utf8"), file);
    const { catalogue } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as { catalogue: Record<string, [string, string]> };
    const texts = Object.entries(catalogue).map(([key, sentences]) => [key, sentences[column]]);
    return `export default ${JSON.stringify(Object.fromEntries(texts))}`;
  },
};

/** Beside each text a smaller file or two, which the server gives to browsers that take them: a third of the way on a thin line. */
const compressed: Plugin = {
  name: "compressed",
  async writeBundle({ dir = dist }, bundle) {
    for (const name of Object.keys(bundle).filter((each) => /\.(js|css|svg)$/.test(each))) {
      const file = join(dir, name);
      const plain = await readFile(file);
      for (const [ending, bytes] of [[".gz", gzipSync(plain, { level: 9 })], [".br", brotliCompressSync(plain)]] as const) {
        if (bytes.length < plain.length) await writeFile(file + ending, bytes);
      }
    }
  },
};

type Modules = { getModuleInfo(id: string): { importedIds: string[] } | null };

const source = (file: string): string => fileURLToPath(new URL(`src/${file}`, import.meta.url));
const MAIN = ["main.ts"].map(source);
const STANDING = ["pages/Room.vue", "room/Courses.vue"].map(source);
const LESSON = ["pages/Join.vue"].map(source);
const OTHERS = ["pages/Studio.vue", "pages/Observe.vue", "pages/Assist.vue", "second/Screen.vue"].map(source);

/** All that a page needs at once, itself included. */
const needs = new Map<string, Set<string>>();
function neededBy(page: string, modules: Modules): Set<string> {
  const known = needs.get(page);
  if (known) return known;
  const found = new Set([page]);
  for (const id of found) for (const each of modules.getModuleInfo(id)?.importedIds ?? []) found.add(each);
  needs.set(page, found);
  return found;
}

// By itself the bundler makes a file of every set of modules that the same pages share: a classroom's lesson came in 58,
// of most of which the headers were the larger part. What a classroom needs comes in these, the rest as before.
const FILES: [name: string, has: (isFor: (pages: string[]) => boolean) => boolean][] = [
  ["main", (isFor) => isFor(MAIN)],
  ["room", (isFor) => isFor(STANDING) && isFor(LESSON)],
  ["lesson", (isFor) => isFor(LESSON) && isFor(OTHERS)],
];

const groups = FILES.map(([name, has], index) => ({
  name: (id: string, modules: Modules): string | null => (has((pages) => pages.some((page) => neededBy(page, modules).has(id))) ? name : null),
  priority: FILES.length - index,
}));

// Two documents: the classroom's pages, and the console of the bureau, the schools and the administrator. They are built
// apart, so that the classroom's does not carry what only the console uses of Vue.
export default defineConfig({
  base: "/",
  plugins: [languages, compressed, vue({ features: { optionsAPI: false } })],
  build: {
    // Chromium 109 is the last that runs on Windows 7, which is what many classroom PCs still have.
    target: "chrome109",
    outDir: dist,
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  environments: {
    client: { build: { rolldownOptions: { output: { codeSplitting: { groups } } } } },
    console: {
      consumer: "client",
      build: { outDir: dist, emptyOutDir: false, rolldownOptions: { input: fileURLToPath(new URL("console.html", import.meta.url)) } },
    },
  },
  builder: {
    async buildApp(builder) {
      for (const name of ["client", "console"]) await builder.build(builder.environments[name]!);
    },
  },
  server: {
    proxy: {
      "^/(api|whip|whep|sessions)/": server,
      "^/ws/": { target: server, ws: true },
    },
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
