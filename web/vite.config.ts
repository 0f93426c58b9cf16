import { defineConfig } from "vite";

// One script and one style sheet with fixed names: the Python side serves them or puts them inline.
export default defineConfig({
  build: {
    outDir: "../src/phylolm/_web",
    emptyOutDir: true,
    target: "es2022",
    lib: { entry: { page: "src/main.ts", widget: "src/widget.ts" }, formats: ["es"], cssFileName: "page" },
    rollupOptions: { output: { entryFileNames: "[name].js" } },
  },
});
