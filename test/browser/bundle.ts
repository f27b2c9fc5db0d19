import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Rolldown } from 'vite';
import { ROOT } from '../source-files.ts';

export type Chunk = { file: string; code: string; isEntry: boolean; imports: string[]; modules: string[] };
export type Bundle = { chunks: Chunk[]; /** What is loaded at once, compressed. */ bytesAtStart: number };

const ENTRY = '\0program';

/** Bundles a browser's program that imports these names from `colloquy`, as its author would, from source. */
export async function bundle(program: string): Promise<Bundle> {
  const output = await build({
    configFile: false,
    logLevel: 'error',
    root: join(ROOT, 'packages/server'),
    resolve: { conditions: ['colloquy-source', 'browser', 'module', 'import', 'default'] },
    plugins: [
      {
        name: 'program',
        resolveId: { order: 'pre', handler: (id: string) => (id === 'program' ? ENTRY : undefined) },
        load: (id: string) => (id === ENTRY ? program : undefined),
      },
    ],
    build: {
      write: false,
      minify: true,
      target: 'es2023',
      modulePreload: false,
      rolldownOptions: {
        input: 'program',
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: 'program.js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  });
  const chunks = [output].flat().flatMap((part) => ('output' in part ? part.output.flatMap(toChunk) : []));
  return { chunks, bytesAtStart: sizeAtStart(chunks) };
}

function toChunk(part: Rolldown.OutputChunk | Rolldown.OutputAsset): Chunk[] {
  if (part.type !== 'chunk') return [];
  const { fileName, code, isEntry, imports, dynamicImports, moduleIds } = part;
  return [{ file: fileName, code, isEntry, imports: [...imports, ...dynamicImports], modules: moduleIds }];
}

/** The entry and what it imports, but not what it loads later. */
function sizeAtStart(chunks: readonly Chunk[]): number {
  const [entry] = chunks.filter(({ isEntry }) => isEntry);
  const loaded = new Set(entry === undefined ? [] : [entry]);
  for (const chunk of loaded)
    for (const other of chunks)
      if (new RegExp(`(?:from|import)\\s*["']\\./${other.file.replaceAll('.', '\\.')}["']`).test(chunk.code))
        loaded.add(other);
  return [...loaded].reduce((sum, { code }) => sum + gzipSync(code).length, 0);
}
