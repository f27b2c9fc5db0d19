import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { importsOf, ROOT, sourceFiles } from './source-files.ts';

// Bottom to top; a file imports from its own layer or a lower one. A new folder of `colloquy` needs a place here.
const LAYERS = [
  'errors.ts',
  'helpers',
  'messages-api',
  'system-messages.ts',
  'messages.ts',
  'options',
  'log',
  'views',
  'permissions',
  'hooks',
  'settings',
  'tools',
  'mcp',
  'turn',
  'engines',
  'direct',
  'query.ts',
  'client.ts',
  'conversation.ts',
  'startup.ts',
  'everyday',
  'cassette',
  'internal.ts',
  'index.ts',
  'browser.ts',
  'testing.ts',
];

// What each package may import of the others at run time. In tests all of them may use the emulator.
const PACKAGES: Record<string, readonly string[]> = {
  colloquy: [],
  emulator: [],
  server: ['colloquy', 'colloquy/internal'],
  cli: ['colloquy', 'colloquy/internal', '@colloquy/emulator', '@colloquy/server'],
  web: [],
};

/** The files that a name of colloquy's `imports` stands for: one for browsers, one for everywhere else. */
function platformFiles(name: string): string[] {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'packages/colloquy/package.json'), 'utf8')) as {
    imports: Record<string, Record<string, string>>;
  };
  return Object.values(manifest.imports[name] ?? {}).map((path) => path.replace('./src/', ''));
}

const layerOf = (file: string): number => LAYERS.indexOf(file.split('/')[0] ?? '');
const isRelative = (target: string): boolean => target.startsWith('.');
const isOurs = (target: string): boolean => target === 'colloquy' || /^(colloquy|@colloquy)\//.test(target);
const packageName = (target: string): string =>
  target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');

describe('inside colloquy', () => {
  test.each(sourceFiles('packages/colloquy/src'))(
    '%s has a layer and imports only from its own or a lower one',
    (file) => {
      const upwards = importsOf(`packages/colloquy/src/${file}`)
        .flatMap(({ target }) => (target.startsWith('#') ? platformFiles(target) : isRelative(target) ? [target] : []))
        .map((target) => (isRelative(target) ? posix.join(posix.dirname(file), target) : target))
        .filter((target) => layerOf(target) > layerOf(file));
      expect(layerOf(file), `${file} needs a place in LAYERS`).toBeGreaterThanOrEqual(0);
      expect(upwards).toEqual([]);
    },
  );
});

describe.each(Object.keys(PACKAGES))('the package in packages/%s', (name) => {
  const folder = `packages/${name}/src`;
  const manifest = JSON.parse(readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8')) as Record<
    string,
    object
  >;
  const imports = sourceFiles(folder).flatMap((file) =>
    importsOf(`${folder}/${file}`).map((found) => ({ file, ...found })),
  );

  test('imports of our packages only what lies below it', () => {
    const found = imports.filter(({ target, typeOnly }) => isOurs(target) && !(name === 'web' && typeOnly));
    expect(found.filter(({ target }) => !PACKAGES[name]?.includes(target))).toEqual([]);
  });

  test('has what it imports among its dependencies', () => {
    const fields = [
      'dependencies',
      // Those of a package are bundled with its code, where that imports them: see tsdown.config.ts.
      'devDependencies',
      'optionalDependencies',
      'peerDependencies',
      ...(name === 'web' ? ['devDependencies'] : []),
    ];
    const declared = new Set(fields.flatMap((field) => Object.keys(manifest[field] ?? {})));
    const bare = imports.filter(({ target }) => !isRelative(target) && !isBuiltin(target) && !target.startsWith('#'));
    expect(bare.filter(({ target }) => !declared.has(packageName(target)))).toEqual([]);
  });

  test('reaches no other package by a relative path', () => {
    const leaving = imports
      .filter(({ target }) => isRelative(target))
      .filter(({ file, target }) => posix.join('src', posix.dirname(file), target).startsWith('..'));
    expect(leaving).toEqual([]);
  });
});
