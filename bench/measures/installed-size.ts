import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { installedIn } from '../../script/installed-in.ts';
import type { Measure } from './measure.ts';

const MB = 1024 * 1024;
const ROOT = process.env['BENCH_ROOT'] ?? join(import.meta.dirname, '../..');

/** What npm puts into an empty project: files of node_modules, and packages. Of the peers with what an agent needs besides. */
export const measure: Measure = {
  title: 'Installed size',
  figures: {
    size: {
      title: 'installed size',
      unit: 'MB',
      absolute: true,
      gates: { 'colloquy-client': 25 },
      aims: { 'colloquy-client': 10 },
    },
    packages: {
      title: 'installed packages',
      unit: 'packages',
      absolute: true,
      gates: { 'colloquy-client': 12 },
      aims: { 'colloquy-client': 6 },
    },
  },
  runs: 1,
  contestants: ['anthropic-sdk', 'pi-agent-core', 'ai-sdk', 'langgraph', 'opencode', 'agent-sdk', 'colloquy-client'],
  async run({ load }) {
    const { packages } = await load();
    if (packages !== undefined) return told(packages.folder);
    const folder = mkdtempSync(join(tmpdir(), 'colloquy-pack-'));
    try {
      await installOurs(folder);
      return told(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function told(folder: string): Record<string, number> {
  const { packages, bytes } = installedIn(folder);
  return { size: bytes / MB, packages };
}

/** The package as it is built now, packed and installed as a user does. */
async function installOurs(folder: string): Promise<void> {
  const npm = (args: string[], cwd: string) => {
    const PATH = `${dirname(process.execPath)}:${process.env['PATH']}`;
    return promisify(execFile)('npm', args, { cwd, env: { ...process.env, PATH, NODE_OPTIONS: '' }, timeout: 120_000 });
  };
  const { stdout } = await npm(['pack', '--silent', '--pack-destination', folder], join(ROOT, 'packages/colloquy'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
  const tarball = join(folder, stdout.trim().split('\n').at(-1) ?? '');
  await npm(['install', '--no-audit', '--no-fund', '--loglevel=error', tarball], folder);
}
