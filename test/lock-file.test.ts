import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './source-files.ts';

type Locked = { link?: boolean; integrity?: string; resolved?: string; hasInstallScript?: boolean };

const FETCHED = [
  'conformance/packages/claude-agent-sdk',
  'conformance/packages/sdk',
  'bench/packages/ai-sdk',
  'bench/packages/langgraph',
  'bench/packages/opencode',
  'bench/packages/pi-agent-core',
];

function lockedIn(folder: string): [string, Locked][] {
  const { packages } = JSON.parse(readFileSync(join(ROOT, folder, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>;
  };
  return Object.entries(packages).filter(([path, { link }]) => path.startsWith('node_modules/') && !link);
}

const installed = ['.', ...FETCHED].flatMap(lockedIn);

test('every package in the lock files has its checksum', () => {
  expect(installed.length).toBeGreaterThan(100);
  expect(installed.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path)).toEqual([]);
});

test('the lock files name no registry: each machine has its own', () => {
  expect(installed.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
});

const OURS = ['.', 'packages/colloquy', 'packages/emulator', 'packages/server', 'packages/cli', 'packages/web'];
test.each([...OURS, ...FETCHED])('the dependencies of %s have exact versions', (folder) => {
  const manifest = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Record<string, object>;
  const versions = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((field) =>
    Object.entries(manifest[field] ?? {}),
  );
  expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(String(version)))).toEqual([]);
});
