import { readFile } from 'node:fs/promises';
import type { Scenario } from '@colloquy/emulator';
import { UsageError } from './describe-error.ts';

/** The scenario in a JSON file. @throws UsageError that names the file, and the place in it where it is no scenario */
export async function readScenarioFile(path: string): Promise<Scenario> {
  const { parseScenario, ScenarioError } = await import('@colloquy/emulator');
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UsageError(`${path} cannot be read`, { cause });
  });
  try {
    // Some editors begin a file with a byte order mark.
    return parseScenario(JSON.parse(text.replace(/^\uFEFF/, '')));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new UsageError(`${path} is not JSON`, { cause });
    if (cause instanceof ScenarioError) throw new UsageError(`${path}: ${cause.message}`, { cause });
    throw cause;
  }
}
