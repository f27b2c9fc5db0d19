import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findProgram, findTrustedProgram } from './find-program.ts';

test('a sandbox is not taken from where an agent may have put it', async () => {
  const root = await mkdtemp(join(tmpdir(), 'colloquy-programs-'));
  try {
    const [packages, system] = [join(root, 'node_modules', '.bin'), join(root, 'bin')];
    for (const folder of [packages, system]) {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'bwrap'), '');
      await chmod(join(folder, 'bwrap'), 0o755);
    }
    const path = `.:bin:${packages}:${system}`;
    expect(findProgram('bwrap', path)).toBe(join(packages, 'bwrap'));
    expect(findTrustedProgram('bwrap', path)).toBe(join(system, 'bwrap'));
    expect(findTrustedProgram('vitest', join(process.cwd(), 'node_modules', '.bin'))).toBeUndefined();
    expect(findProgram('bwrap', undefined)).toBeUndefined();
  } finally {
    await rm(root, { recursive: true });
  }
});
