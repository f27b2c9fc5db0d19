import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Contestant, KEY } from './contestant.ts';
import { fetchedPackages, importFrom, missingPackages } from './fetched.ts';
import { openQuery, TOOL_NAME, type QueryModule } from './open-query.ts';

const packages = fetchedPackages('agent-sdk', '@anthropic-ai/claude-agent-sdk');
let home: string | undefined;

/** The official SDK, whose `query()` starts the program that comes with it, one for each conversation. */
export const contestant: Contestant = {
  title: 'official Agent SDK',
  kind: 'peer',
  isSlow: true,
  toolName: TOOL_NAME,
  packages,
  missing: () => missingPackages(packages),
  async open(o) {
    home ??= makeHome();
    const load = (name: string): Promise<unknown> => importFrom(packages.folder, name);
    return openQuery((await load(packages.name)) as QueryModule, () => load('zod'), o, {
      persistSession: false,
      settingSources: [],
      cwd: join(home, 'work'),
      env: {
        PATH: process.env['PATH'],
        HOME: home,
        TMPDIR: join(home, 'tmp'),
        CLAUDE_CONFIG_DIR: join(home, 'config'),
        IS_SANDBOX: '1',
        DISABLE_TELEMETRY: '1',
        DISABLE_ERROR_REPORTING: '1',
        DISABLE_AUTOUPDATER: '1',
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        ANTHROPIC_BASE_URL: o.url,
        ANTHROPIC_API_KEY: KEY,
      },
    });
  },
};

function makeHome(): string {
  const made = mkdtempSync(join(tmpdir(), 'colloquy-bench-'));
  for (const name of ['work', 'tmp', 'config']) mkdirSync(join(made, name));
  process.once('exit', () => rmSync(made, { recursive: true, force: true, maxRetries: 3 }));
  return made;
}
