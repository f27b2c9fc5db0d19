import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Reply } from '@colloquy/emulator';
import type { Options } from 'colloquy';

/**
 * Options from the command line: with `--offline` the replies of the script take the model's place, and sessions are kept in a
 * folder that is thrown away; without it ANTHROPIC_API_KEY is needed.
 */
export async function fromArgs(script: Reply[]): Promise<Options> {
  if (!process.argv.includes('--offline')) return {};
  const home = mkdtempSync(join(tmpdir(), 'colloquy-examples-'));
  process.env['COLLOQUY_HOME'] = home;
  process.once('exit', () => rmSync(home, { recursive: true, force: true }));
  const { createEmulator } = await import('@colloquy/emulator');
  return { send: createEmulator({ script }).send };
}
