import { defineConfig } from "vite";

// What is built is the same bytes wherever it is built: `make check` compares it with `dist`.
export default defineConfig({
  base: "./",
  build: {
    target: "es2023",
    modulePreload: { polyfill: false },
    // A data: URL would be one more thing for the Content-Security-Policy to allow.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // What others wrote is passed on with their licences.
    license: { fileName: "licences.txt" },
  },
  // `npm run dev` beside `make run`.
  server: { proxy: { "/v1": "http://127.0.0.1:8080", "/docs": "http://127.0.0.1:8080" } },
});
