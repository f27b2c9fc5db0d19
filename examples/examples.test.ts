import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const FOLDER = import.meta.dirname;
const NOT_PROGRAMS = new Set(['examples.test.ts', 'from-args.ts']);
/** A program that hangs is a failure, told before the test's own time is up. */
const BOUND_MS = 15_000;

const programs = readdirSync(FOLDER).filter((file) => file.endsWith('.ts') && !NOT_PROGRAMS.has(file));

test.concurrent.each(programs)(
  '%s runs offline, and shows what it says',
  async (program) => {
    const run = promisify(execFile)(
      process.execPath,
      ['--conditions=colloquy-source', join(FOLDER, program), '--offline'],
      { timeout: BOUND_MS },
    );
    await expect(run).resolves.toMatchObject({ stdout: expect.stringMatching(/\S/) });
  },
  BOUND_MS + 5_000,
);
