import type { ClaudeProgram } from './find-claude.ts';

/** The first with every flag and message that the engine counts on; tested with the version that `conformance/` pins. */
const OLDEST = [2, 1, 0] as const;
const ANSWER_WITHIN_MS = 5_000;

/** Says that a program which could not be spoken to is too old; undefined if it is not, or does not say. */
export async function checkVersion(program: ClaudeProgram, env: Record<string, string>): Promise<string | undefined> {
  const version = await askVersion(program, env);
  if (version === undefined || !isOlder(version)) return undefined;
  return `Claude Code ${version} at ${program.path} is too old; this needs ${OLDEST.join('.')} or newer: npm install @anthropic-ai/claude-code`;
}

async function askVersion({ file, args }: ClaudeProgram, env: Record<string, string>): Promise<string | undefined> {
  const { execFile } = await import('node:child_process');
  const printed = await new Promise<string>((resolve) => {
    const o = { env, timeout: ANSWER_WITHIN_MS, killSignal: 'SIGKILL', maxBuffer: 100_000 } as const;
    execFile(file, [...args, '--version'], o, (_error, stdout) => resolve(stdout));
  });
  return /^(\d+\.\d+\.\d+)\b.*claude code/i.exec(printed.trim())?.[1];
}

function isOlder(version: string): boolean {
  const parts = version.split('.').map(Number);
  for (const [index, oldest] of OLDEST.entries()) {
    const part = parts[index] ?? 0;
    if (part !== oldest) return part < oldest;
  }
  return false;
}
