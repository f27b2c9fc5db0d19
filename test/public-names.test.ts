import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'vite';
import { describe, expect, test } from 'vitest';
import pinned from './public-names.json' with { type: 'json' };
import { ROOT } from './source-files.ts';

// A name in these lists is a promise to those who use the package. Adding one here is the moment to think about it.
const PACKAGES = ['colloquy', 'emulator', 'server'] as const;

type ReExport = { name: string; isType: boolean; from: string };

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

function reExportsOf(path: string): ReExport[] {
  const { module, program } = parseSync(path, read(path));
  const other = program.body.filter((statement) => statement.type !== 'ExportNamedDeclaration');
  expect(other, `${path} holds named re-exports and nothing else`).toEqual([]);
  return module.staticExports
    .flatMap((statement) => statement.entries)
    .map((entry) => ({
      name: entry.exportName.name ?? '(default)',
      isType: entry.isType,
      from: entry.moduleRequest?.value ?? '(here)',
    }));
}

describe.each(PACKAGES)('packages/%s', (folder) => {
  const index = `packages/${folder}/src/index.ts`;

  test('exports the pinned names, as named re-exports', () => {
    const names = reExportsOf(index);
    const sorted = (isType: boolean) =>
      names
        .filter((found) => found.isType === isType)
        .map((found) => found.name)
        .toSorted();
    expect({ values: sorted(false), types: sorted(true) }).toEqual(pinned.names[folder]);
  });

  test('says of each function and class what it does', () => {
    const silent = reExportsOf(index).filter(({ name, isType, from }) => {
      const source = read(join(`packages/${folder}/src`, from));
      const declaration = String.raw`\*/\nexport (abstract )?(async )?(class|function|const) ${name}\b`;
      return !isType && !new RegExp(declaration).test(source);
    });
    expect(silent).toEqual([]);
  });
});

test.each(['colloquy', 'emulator', 'server', 'cli'] as const)(
  'packages/%s can be entered by the pinned paths only',
  (folder) => {
    const manifest = JSON.parse(read(`packages/${folder}/package.json`)) as {
      name: string;
      exports?: object;
      bin?: object;
    };
    expect({
      name: manifest.name,
      exports: Object.keys(manifest.exports ?? {}),
      bin: Object.keys(manifest.bin ?? {}),
    }).toEqual(pinned.entries[folder]);
  },
);
