import { defineConfig } from "vite";

// Two builds, each one file: the page (`page.js`, `page.css`), which the Python side serves or puts
// inline, and the notebook's widget (`--mode widget`).
export default defineConfig(({ mode }) => ({
  build: {
    outDir: "../src/phylolm/_web",
    emptyOutDir: mode !== "widget",
    target: "es2022",
    modulePreload: false,
    rollupOptions: {
      input: mode === "widget" ? "src/widget.ts" : "src/main.ts",
      preserveEntrySignatures: "strict",
      output: {
        format: "es",
        entryFileNames: mode === "widget" ? "widget.js" : "page.js",
        assetFileNames: mode === "widget" ? "widget.[ext]" : "page.[ext]",
      },
    },
  },
}));
