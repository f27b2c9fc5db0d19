import { defineConfig } from 'tsdown';

// What is published: each package's entries as bundled ESM. Dependencies stay outside of the bundle, development dependencies that the
// code imports come in (of their packages the user would install 17 MB, most of it tests and maps); what is loaded lazily in the
// source stays a chunk of its own. Declarations are written by tsc (script/build), because these would need isolatedDeclarations.
const common = {
  format: 'esm',
  platform: 'node',
  target: 'node22.19',
  dts: false,
  // `dist/index.js`: each package.json says `"type": "module"`.
  fixedExtension: false,
  sourcemap: false,
  // script/build has written the declarations there already.
  clean: false,
  report: false,
  // The parser of commands has two of its own, for code that is compiled to WebAssembly with parts in JavaScript: none of ours is.
  inputOptions: { checks: { eval: false } },
} as const;

export default defineConfig([
  {
    ...common,
    cwd: 'packages/colloquy',
    // The last is a worker's, found by its name beside the chunk that starts it.
    entry: {
      index: 'src/index.ts',
      internal: 'src/internal.ts',
      testing: 'src/testing.ts',
      'html-worker': 'src/tools/web/html-worker.ts',
    },
  },
  {
    ...common,
    cwd: 'packages/colloquy',
    // The same names stand for other modules there: see `imports` in its package.json.
    platform: 'browser',
    target: 'es2023',
    entry: { index: 'src/browser.ts' },
    outDir: 'dist/browser',
  },
  { ...common, cwd: 'packages/emulator', entry: ['src/index.ts'] },
  { ...common, cwd: 'packages/server', entry: ['src/index.ts'] },
  { ...common, cwd: 'packages/cli', entry: ['src/main.ts'] },
]);
