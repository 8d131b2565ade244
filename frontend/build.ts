/** Builds each page by itself: one script and one stylesheet under fixed names, nothing shared that could be cached apart. */

import { rm } from "node:fs/promises";
import { build } from "vite";

const pages = ["chat", "site", "phone", "desk", "results"];
const outDir = "../src/acuerdo/web/static/build";

await rm(outDir, { recursive: true, force: true });
for (const page of pages) {
  await build({
    configFile: false,
    publicDir: false,
    logLevel: "warn",
    build: {
      outDir,
      emptyOutDir: false,
      // Phones that no longer get updates: Android 6 stops at Chrome 106, iPhone 6s at Safari 15.
      target: ["chrome90", "safari15", "firefox90"],
      modulePreload: false,
      rolldownOptions: {
        input: { [page]: `src/${page}/${page}.ts` },
        output: { entryFileNames: "[name].js", assetFileNames: `${page}[extname]` },
      },
    },
  });
}
// A page of styles alone leaves an empty script behind.
await rm(`${outDir}/site.js`, { force: true });
