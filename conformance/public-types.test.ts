import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test, type TestContext } from 'vitest';
import { officialSdk } from './harness/load-sdk.ts';
import { ABSENT } from './types/absent-names.ts';

// Programs written against the official public types compile against ours.

const ROOT = join(import.meta.dirname, '..');
const CACHE = join(ROOT, '.cache/conformance');
const PATTERNS = ['patterns/*.ts'];

/** The official declarations, where `script/conformance --setup` has put them. */
function declarations(context: TestContext): string {
  const main = officialSdk();
  if (main === undefined) context.skip('the official SDK: run script/conformance --setup');
  return join(dirname(main), 'sdk.d.ts');
}

/** What the compiler says of these files of conformance/, with the modules that they name. Nothing, when all is well. */
async function compile(files: readonly string[], modules: Record<string, string>): Promise<string> {
  // Beside what it names: types are looked up from there.
  const folder = await mkdtemp(join(CACHE, 'types-'));
  const project = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: {
      // As most programs have it.
      exactOptionalPropertyTypes: false,
      noUnusedLocals: false,
      typeRoots: [join(ROOT, 'node_modules/@types')],
      paths: Object.fromEntries(Object.entries(modules).map(([name, path]) => [name, [path]])),
    },
    include: files.map((file) => join(import.meta.dirname, file)),
    exclude: [],
  };
  try {
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(project));
    await promisify(execFile)(process.execPath, [join(ROOT, 'node_modules/.bin/tsc'), '-p', folder]);
    return '';
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    return stdout === undefined ? String(error) : ofConformance(stdout);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What is said of files of conformance/: our sources are compiled on the way, with settings that are not theirs. */
function ofConformance(output: string): string {
  return output
    .split(/\n(?=\S)/)
    .filter((problem) => /^conformance\/|^error/.test(problem))
    .join('\n');
}

const colloquy = join(ROOT, 'packages/colloquy/src/index.ts');

test('inputs are no narrower than the official types, outputs no wider', async (context) => {
  const official = declarations(context);
  expect(await compile(['types/public-types.ts'], { official, colloquy })).toBe('');
});

test('every public name of the official SDK is ours too, or has a reason why not', (context) => {
  const text = readFileSync(declarations(context), 'utf8');
  const names = [...text.matchAll(/^export declare (?:type|interface|function|class|const) (\w+)/gm)].map(
    ([, name]) => name ?? '',
  );
  const { types, values } = pinnedNames();
  const ours = new Set([...types, ...values]);
  expect(names.length).toBeGreaterThan(200);
  expect(names.filter((name) => !ours.has(name)).toSorted()).toEqual(Object.keys(ABSENT).toSorted());
  const checked = readFileSync(join(import.meta.dirname, 'types/public-types.ts'), 'utf8');
  const unchecked = names.filter((name) => ours.has(name) && !new RegExp(`\\bOfficial\\.${name}\\b`).test(checked));
  expect(unchecked).toEqual([]);
});

test('programs of the documented patterns compile with the official types, and with ours', async (context) => {
  const official = declarations(context);
  expect(await compile(PATTERNS, { 'agent-sdk': official })).toBe('');
  expect(await compile(PATTERNS, { 'agent-sdk': colloquy })).toBe('');
});

function pinnedNames(): { types: string[]; values: string[] } {
  const pinned = JSON.parse(readFileSync(join(ROOT, 'test/public-names.json'), 'utf8')) as {
    names: { colloquy: { types: string[]; values: string[] } };
  };
  return pinned.names.colloquy;
}
