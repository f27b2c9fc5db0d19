import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text, toolUse } from '@colloquy/emulator';
import type { Options, SDKMessage, SessionKey, SessionStore, SessionStoreEntry } from 'colloquy';
import { find, gather, pick } from '../harness/gather.ts';
import type { Program, Stage } from '../harness/program.ts';
import { TRUSTING } from '../harness/calls.ts';
import { outcomeOf } from '../harness/tell.ts';

type Line = { key: SessionKey; types: string[] };

/** A store that notes what it is told; with `fails` it keeps nothing. */
function noting({ fails = false }: { fails?: boolean } = {}) {
  const kept = new Map<string, SessionStoreEntry[]>();
  const lines: Line[] = [];
  const asked: string[] = [];
  const nameOf = ({ projectKey, sessionId, subpath }: SessionKey): string => [projectKey, sessionId, subpath].join('|');
  const store: SessionStore = {
    async append(key, entries) {
      lines.push({ key, types: entries.map(({ type }) => type) });
      if (fails) throw new Error('The store is full');
      kept.set(nameOf(key), [...(kept.get(nameOf(key)) ?? []), ...entries]);
    },
    async load(key) {
      asked.push(`load ${key.subpath === undefined ? 'the session' : 'a part'}`);
      return kept.get(nameOf(key)) ?? null;
    },
    async listSessions(projectKey) {
      const names = [...kept.keys()].map((name) => name.split('|'));
      const ids = names.flatMap(([project, id, part]) => (project === projectKey && part === '' ? [id ?? ''] : []));
      return ids.map((sessionId, index) => ({ sessionId, mtime: 1_000 + index }));
    },
    async listSubkeys({ sessionId }) {
      asked.push('list the parts');
      const names = [...kept.keys()].map((name) => name.split('|'));
      return names.flatMap(([, id, part]) => (id === sessionId && part !== undefined && part !== '' ? [part] : []));
    },
  };
  return { store, lines, asked };
}

/** Types of a conversation's lines, of the transcript of the session or of its parts. */
const conversationIn = (lines: readonly Line[], isPart: boolean): string[] =>
  lines
    .filter(({ key }) => (key.subpath !== undefined) === isPart)
    .flatMap(({ types }) => types.filter((type) => type === 'user' || type === 'assistant'));

/** A query, and how many lines were kept when each message came. */
async function follow(sdk: Stage['sdk'], options: Options, prompt: string, lines: readonly Line[]) {
  const came: { message: SDKMessage; kept: string[] }[] = [];
  for await (const message of sdk.query({ prompt, options }))
    came.push({ message, kept: conversationIn(lines, false) });
  return came;
}

/** What a store of the program's is told, and what goes on from it. */
export const sessionStores: Program = {
  name: 'session-stores',
  ids: ['h.store.append', 'h.store.load', 'h.store.list', 'h.store.flush'],
  columns: ['official', 'cli'],
  async run({ sdk, scene }) {
    const agent = toolUse('Agent', {
      description: 'Look',
      prompt: 'Look.',
      subagent_type: 'general-purpose',
      run_in_background: false,
    });
    const at = await scene([agent, text('Looked.'), text('It is back.'), text('Again.')], { sharedHome: true });
    const { store, lines, asked } = noting();
    const sessionId = randomUUID();
    const base: Options = { ...TRUSTING, sessionStore: store };
    const first = await follow(sdk, at.options({ ...base, sessionId }), 'Send somebody', lines);
    const told = { main: conversationIn(lines, false), agents: conversationIn(lines, true) };
    const keys = [...new Set(lines.map(({ key }) => JSON.stringify(at.normal(key))))].toSorted();
    const atResult = first.find(({ message }) => message.type === 'result')?.kept;

    const inStore = { dir: at.folder, sessionStore: store };
    const listed = await sdk.listSessions(inStore);
    const messages = await sdk.getSessionMessages(sessionId, inStore);
    const agents = await sdk.listSubagents(sessionId, inStore);
    const said = await sdk.getSubagentMessages(sessionId, agents[0] ?? '', inStore);
    const info = await sdk.getSessionInfo(sessionId, inStore);

    // Nothing of it is on this machine any longer.
    await rm(join(at.home, '.claude/projects', at.folder.replaceAll(/[^a-zA-Z0-9]/g, '-')), { recursive: true });
    asked.length = 0;
    const resumed = await gather(
      sdk,
      sdk.query({ prompt: 'Again', options: at.options({ ...base, resume: sessionId }) }),
    );
    const heard = JSON.stringify(at.emulator.requests.at(-1)?.messages);
    return {
      'h.store.append': { ...told, keys: keys.map((key) => key.replaceAll(/agent-[0-9a-f]+/g, 'agent-<id>')) },
      'h.store.load': {
        asked,
        hears: heard.includes('Send somebody'),
        sameId: resumed.messages.every(({ session_id }) => session_id === sessionId),
        result: outcomeOf(resumed.messages.at(-1)),
        thrown: resumed.thrown ?? 'nothing',
        local: await sdk.listSessions({ dir: at.folder, includeWorktrees: false }),
      },
      'h.store.list': {
        listed: at.normal(listed.map((one) => pick(one, ['sessionId', 'summary', 'firstPrompt', 'cwd']))),
        messages: messages.map(({ type }) => type),
        agents: agents.length,
        said: said.map(({ type }) => type),
        info: pick(info, ['summary', 'firstPrompt']),
      },
      'h.store.flush': { atResult },
    };
  },
};

/** A store that keeps nothing. */
export const brokenStores: Program = {
  name: 'session-stores-broken',
  ids: ['h.store.mirror-error'],
  columns: ['official', 'cli'],
  async run({ sdk, scene }) {
    const at = await scene([text('Hello.')], { sharedHome: true });
    const { store, lines } = noting({ fails: true });
    const options = at.options({ ...TRUSTING, sessionStore: store });
    const { messages, thrown } = await gather(sdk, sdk.query({ prompt: 'Hi', options }));
    const lost = find(messages, 'system/mirror_error');
    return {
      'h.store.mirror-error': {
        told: at.normal(pick(lost, ['type', 'subtype', 'error', 'key', 'session_id'])),
        isBeforeResult: messages.findIndex((one) => one === lost) < messages.findIndex(({ type }) => type === 'result'),
        attempts: lines.filter(({ types }) => types.includes('user')).length,
        result: outcomeOf(find(messages, 'result')),
        thrown: thrown ?? 'nothing',
      },
    };
  },
};

/** Working trees of one repository. */
export const worktrees: Program = {
  name: 'worktrees',
  ids: ['h.listSessions.includeWorktrees'],
  columns: ['official', 'cli'],
  async run({ sdk, scene }) {
    const at = await scene([text('Here.'), text('There.')], { sharedHome: true, files: { 'a.txt': 'x\n' } });
    const { execFileSync } = await import('node:child_process');
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args], { cwd: at.folder });
    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'One');
    git('worktree', 'add', '-q', '../there');
    const there = join(at.folder, '../there');
    await gather(sdk, sdk.query({ prompt: 'Here', options: at.options(TRUSTING) }));
    await gather(sdk, sdk.query({ prompt: 'There', options: at.options({ ...TRUSTING, cwd: there }) }));
    const prompts = async (includeWorktrees: boolean | undefined, dir = at.folder) =>
      (await sdk.listSessions({ dir, includeWorktrees })).map(({ firstPrompt }) => firstPrompt);
    return {
      'h.listSessions.includeWorktrees': {
        unsaid: await prompts(undefined),
        yes: await prompts(true),
        no: await prompts(false),
        there: await prompts(false, there),
      },
    };
  },
};
