import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";

// The server answers /api, /ws, /whip, /whep and /sessions; everything else is these pages.
const server = process.env["CLASSROOM_URL"] ?? "http://127.0.0.1:8080";

const dist = fileURLToPath(new URL("../signaling/dist", import.meta.url));

// Two documents: the classroom's pages, and the console of the bureau, the schools and the administrator. They are built
// apart, so that the classroom's does not carry what only the console uses of Vue.
export default defineConfig({
  base: "/",
  plugins: [vue({ features: { optionsAPI: false } })],
  build: {
    // Chromium 109 is the last that runs on Windows 7, which is what many classroom PCs still have.
    target: "chrome109",
    outDir: dist,
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  environments: {
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
