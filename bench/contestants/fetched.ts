import { existsSync, readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Packages } from './contestant.ts';

const ROOT = process.env['BENCH_ROOT'] ?? join(import.meta.dirname, '../..');
const CONDITIONS = ['node', 'import', 'default'];

/** Pins that are fetched for the tests too, and where those have them. */
const SHARED: Readonly<Record<string, string>> = { 'anthropic-sdk': 'sdk', 'agent-sdk': 'claude-agent-sdk' };

/** The package.json with the pins of a contestant. */
export function pinsOf(contestant: string): string {
  const shared = SHARED[contestant];
  const folder = shared === undefined ? `bench/packages/${contestant}` : `conformance/packages/${shared}`;
  return join(ROOT, folder, 'package.json');
}

/** Where the packages of a contestant are, or are to be; `name` is the one whose version counts. */
export function fetchedPackages(contestant: string, name: string): Packages {
  const { dependencies } = JSON.parse(readFileSync(pinsOf(contestant), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const cache = contestant in SHARED ? 'conformance' : 'bench';
  const folder = `${SHARED[contestant] ?? contestant}-${dependencies[name]}`;
  return { folder: join(ROOT, '.cache', cache, folder), name };
}

/** Why its packages cannot be used; undefined when they can. */
export function missingPackages({ folder, name }: Packages): string | undefined {
  return existsSync(join(folder, '.fetched')) ? undefined : `${name} is not there: script/bench --setup`;
}

/** Imports a package, or a path in one, as a module in `folder` would. */
export async function importFrom(folder: string, specifier: string): Promise<Record<string, unknown>> {
  const parts = specifier.split('/');
  const name = parts.splice(0, specifier.startsWith('@') ? 2 : 1).join('/');
  const manifest = findPackageJSON(name, pathToFileURL(join(folder, 'importer.mjs')));
  if (manifest === undefined) throw new Error(`${name} is not in ${folder}`);
  const { exports, main } = JSON.parse(readFileSync(manifest, 'utf8')) as { exports?: unknown; main?: string };
  const path = chosen(exports, ['.', ...parts].join('/')) ?? main;
  if (path === undefined) throw new Error(`${specifier} is not exported`);
  return (await import(pathToFileURL(join(dirname(manifest), path)).href)) as Record<string, unknown>;
}

/** What `exports` says of a subpath, for `import` in Node. */
function chosen(exports: unknown, subpath: string): string | undefined {
  if (typeof exports === 'string') return subpath === '.' ? exports : undefined;
  if (typeof exports !== 'object' || exports === null) return undefined;
  const table = new Map<string, unknown>(Object.entries(exports));
  if (!table.has('.') && subpath === '.') return byCondition(exports);
  if (table.has(subpath)) return byCondition(table.get(subpath));
  for (const [pattern, target] of table) {
    const [before = '', after] = pattern.split('*');
    if (after === undefined || !subpath.startsWith(before) || !subpath.endsWith(after)) continue;
    return byCondition(target)?.replaceAll('*', subpath.slice(before.length, subpath.length - after.length));
  }
  return undefined;
}

function byCondition(target: unknown): string | undefined {
  if (typeof target === 'string') return target;
  if (typeof target !== 'object' || target === null) return undefined;
  for (const [condition, inner] of Object.entries(target)) {
    if (!CONDITIONS.includes(condition)) continue;
    const found = byCondition(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}
