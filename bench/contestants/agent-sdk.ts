import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Contestant, KEY, MODEL, type Said } from './contestant.ts';
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
  keep: async (said) => keepSession((home ??= makeHome()), said),
  async open(o) {
    home ??= makeHome();
    const load = (name: string): Promise<unknown> => importFrom(packages.folder, name);
    return openQuery((await load(packages.name)) as QueryModule, () => load('zod'), o, {
      ...(o.kept === undefined ? { persistSession: false } : { resume: o.kept }),
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

/** A session file as the program writes them (seen at 2.1.328), without the lines that are not of the conversation; its id. */
function keepSession(folder: string, said: readonly Said[]): string {
  const [sessionId, cwd] = [randomUUID(), join(folder, 'work')];
  const usage = { input_tokens: 10, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 10 };
  let parentUuid: string | null = null;
  const line = (entry: object): string => {
    const uuid = randomUUID();
    const about = { parentUuid, isSidechain: false, uuid, timestamp: new Date().toISOString(), cwd, sessionId };
    parentUuid = uuid;
    return `${JSON.stringify({ ...about, ...entry, userType: 'external', entrypoint: 'sdk-ts', version: '2.1.328' })}\n`;
  };
  const lines = said.flatMap(({ prompt, answer }, index) => {
    const message = { id: `msg_${index}`, type: 'message', role: 'assistant', model: MODEL, usage };
    const content = [{ type: 'text', text: answer }];
    return [
      line({ type: 'user', message: { role: 'user', content: prompt } }),
      line({ type: 'assistant', message: { ...message, content, stop_reason: 'end_turn', stop_sequence: null } }),
    ];
  });
  const project = join(folder, 'config/projects', cwd.replaceAll(/[^A-Za-z0-9]/g, '-'));
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, `${sessionId}.jsonl`), lines.join(''));
  return sessionId;
}

function makeHome(): string {
  const made = mkdtempSync(join(tmpdir(), 'colloquy-bench-'));
  for (const name of ['work', 'tmp', 'config']) mkdirSync(join(made, name));
  process.once('exit', () => rmSync(made, { recursive: true, force: true, maxRetries: 3 }));
  return made;
}
