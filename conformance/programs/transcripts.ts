import { randomUUID } from 'node:crypto';
import { appendFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text, toolUse } from '@colloquy/emulator';
import type { Options } from 'colloquy';
import { gather, outcome } from '../harness/gather.ts';
import type { Program } from '../harness/program.ts';
import { standIn } from '../harness/stand-in.ts';
import { outcomeOf } from '../harness/tell.ts';

const BASE: Options = {
  model: 'claude-opus-5-5',
  settingSources: [],
  permissionMode: 'bypassPermissions',
  allowDangerouslySkipPermissions: true,
};

/** Documented fields of a message's line. */
const LINE = [
  'type',
  'uuid',
  'parentUuid',
  'isSidechain',
  'sessionId',
  'timestamp',
  'cwd',
  'version',
  'gitBranch',
  'userType',
  'entrypoint',
  'message',
  'permissionMode',
  'promptId',
];

/** The files in which Claude Code keeps sessions. */
export const transcripts: Program = {
  name: 'transcripts',
  ids: [
    'h.file.path',
    'h.file.lines',
    'h.file.unknown-lines',
    'h.file.subagents',
    'h.listSubagents',
    'h.getSubagentMessages',
    'h.archiveSession',
    'h.getSessionMessages.includeSystemMessages',
  ],
  async run({ sdk, scene }) {
    const agent = toolUse('Agent', {
      description: 'Look',
      prompt: 'Look.',
      subagent_type: 'general-purpose',
      run_in_background: false,
    });
    const at = await scene([agent, text('Looked.'), text('It is back.'), text('Again.')], { sharedHome: true });
    const id = randomUUID();
    await gather(sdk, sdk.query({ prompt: 'Send somebody', options: at.options({ ...BASE, sessionId: id }) }));
    const folder = join(at.home, '.claude/projects', at.folder.replaceAll(/[^a-zA-Z0-9]/g, '-'));
    const file = join(folder, `${id}.jsonl`);
    const lines = (await readFile(file, 'utf8').catch(() => ''))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const user = lines.find(({ type }) => type === 'user');
    const kept = await readdir(join(folder, id, 'subagents')).catch(() => []);
    const call = (name: string, ...args: unknown[]) =>
      outcome(sdk, async () => (sdk.all[name] as (...given: unknown[]) => Promise<unknown>)(...args));
    const agents = await call('listSubagents', id);
    const names = 'gave' in agents ? (agents.gave as string[]) : [];
    const said = await call('getSubagentMessages', id, names[0]);
    const archived = await call('archiveSession', id);
    const info = (await sdk.getSessionInfo(id)) as { archived?: boolean } | undefined;
    await call('unarchiveSession', id);
    const back = (await sdk.getSessionInfo(id)) as { archived?: boolean } | undefined;
    const all = await sdk.getSessionMessages(id, { includeSystemMessages: true } as object);
    if (lines.length > 0) await appendFile(file, '{"type":"of-the-next-year","anything":1}\n');
    const resumed = await gather(sdk, sdk.query({ prompt: 'Again', options: at.options({ ...BASE, resume: id }) }));
    const after = await readFile(file, 'utf8').catch(() => '');
    return {
      'h.file.path': { lines: lines.length > 0 },
      'h.file.lines': LINE.filter((field) => field in { ...user }),
      'h.file.unknown-lines': {
        result: outcomeOf(resumed.messages.at(-1)),
        survives: after.includes('of-the-next-year'),
      },
      'h.file.subagents': kept.map((name) => name.replaceAll(/[0-9a-f]{8,}/g, '<id>')).toSorted(),
      'h.listSubagents': { agents: names.length, threw: 'threw' in agents },
      'h.getSubagentMessages': 'gave' in said ? (said.gave as { type: string }[]).map(({ type }) => type) : said,
      'h.archiveSession': { archived: 'threw' in archived ? archived : info?.archived, back: back?.archived },
      'h.getSessionMessages.includeSystemMessages': all.map(({ type }) => type),
    };
  },
};

/** How a process ends that does not want to. */
export const shutDown: Program = {
  name: 'shut-down',
  ids: ['f.end.kill-order'],
  columns: ['official', 'cli'],
  async run({ sdk, scene }) {
    const at = await scene();
    const given = standIn(at, { turns: [[]], staysAfterEnd: true });
    const query = sdk.query({ prompt: 'Go', options: at.options(given.options) });
    const reading = gather(sdk, query);
    const told = (): string[] =>
      given.noted().flatMap((one) => (one.end === true ? ['end of input'] : (one.signal ?? [])));
    while (!given.noted().some((one) => one.in?.['type'] === 'user'))
      await new Promise((resolve) => setTimeout(resolve, 50));
    query.close();
    const begun = performance.now();
    while (!told().includes('SIGTERM') && performance.now() - begun < 20_000)
      await new Promise((resolve) => setTimeout(resolve, 100));
    await reading;
    return { 'f.end.kill-order': told() };
  },
};
