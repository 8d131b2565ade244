import { defineConfig } from "vite";

const pages = ["chat", "site", "phone", "desk", "results"];

/** One script and one stylesheet a page, under fixed names; the server adds a version to their addresses. */
export default defineConfig({
  publicDir: false,
  build: {
    outDir: "../src/acuerdo/web/static/build",
    emptyOutDir: true,
    target: ["chrome80", "safari14", "firefox78"],
    modulePreload: false,
    rolldownOptions: {
      input: Object.fromEntries(pages.map((page) => [page, `src/${page}/${page}.ts`])),
      output: { entryFileNames: "[name].js", chunkFileNames: "[name].js", assetFileNames: "[name][extname]" },
    },
  },
});
