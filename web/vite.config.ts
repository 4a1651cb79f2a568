import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";

// The server answers /api, /ws, /whip, /whep and /sessions; everything else is these pages.
const server = process.env["CLASSROOM_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "/",
  plugins: [vue({ features: { optionsAPI: false } })],
  build: {
    // Chromium 109 is the last that runs on Windows 7, which is what many classroom PCs still have.
    target: "chrome109",
    outDir: fileURLToPath(new URL("../signaling/dist", import.meta.url)),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      "^/(api|whip|whep|sessions)/": server,
      "^/ws/": { target: server, ws: true },
    },
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
