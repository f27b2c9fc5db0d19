import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import type { Options } from 'colloquy';
import { officialSdk } from './load-sdk.ts';
import type { Column } from './program.ts';

/** A program of patterns/, which imports `agent-sdk`. */
export type Pattern = { run(options: Options): Promise<unknown> };

const MODULES: Readonly<Record<Column, () => string>> = {
  official: () => officialSdk() ?? '',
  cli: () => join(import.meta.dirname, 'cli-module.ts'),
  api: () => join(import.meta.dirname, '../../packages/colloquy/src/index.ts'),
};

let isRegistered = false;

/** The program as it is in this column: what it imports is another module, and nothing else is different. */
export async function loadPattern(name: string, column: Column): Promise<Pattern> {
  if (!isRegistered) {
    isRegistered = true;
    registerHooks({
      resolve(specifier, context, next) {
        const of = specifier === 'agent-sdk' ? new URL(context.parentURL ?? '').searchParams.get('column') : null;
        if (of === null) return next(specifier, context);
        // Columns name themselves in the address that they are loaded by, below.
        return { url: pathToFileURL(MODULES[of as Column]()).href, shortCircuit: true };
      },
    });
  }
  const url = pathToFileURL(join(import.meta.dirname, `../patterns/${name}.ts`));
  url.searchParams.set('column', column);
  return (await import(url.href)) as Pattern;
}
