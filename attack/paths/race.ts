import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEmulator, text, toolUses } from '@colloquy/emulator';
import { query } from 'colloquy';
import { createLocalFiles } from 'colloquy/internal';
import { BASE, createGround, SECRET, type Ground, type Tree } from './ground.ts';

/** What is exchanged for a link, or another name of a file, that leads outside. */
const SWAPPED = ['d', 'f.txt', 'g.txt', 'h.txt', 'x/y'];

const RACED: Tree = {
  ...BASE,
  'work/d/secret.txt': 'fine',
  'work/d.other': { link: '../outside' },
  'work/f.txt': 'fine',
  'work/f.txt.other': { link: '../outside/secret.txt' },
  'work/g.txt': 'fine',
  'work/g.txt.other': { link: '../outside/secret.txt' },
  'work/h.txt': 'fine',
  'work/h.txt.other': { hard: 'ROOT/outside/secret.txt' },
  'work/x/y/secret.txt': 'fine',
  'work/x/y.other': { link: '../../outside' },
};

const READ = ['d/secret.txt', 'f.txt', 'h.txt', 'x/y/secret.txt'];
const written = (index: number): string =>
  [`d/w${index}.txt`, `x/y/w${index}.txt`, `d/new${index}/w.txt`, 'g.txt'][index % 4] ?? '';

/** What was seen of the outside, or changed there; and how often something was done and refused, so that there was a race. */
export type Raced = { leaks: string[]; done: number; refused: number };

/** Reads, writes, lists and looks by the files of a session, while another process swaps what the paths lead to. */
export async function raceFiles(count: number): Promise<Raced> {
  return race(async (ground, raced) => {
    const files = createLocalFiles({ cwd: ground.cwd, roots: () => [ground.cwd] });
    const attempt = async (what: string, act: () => Promise<unknown>): Promise<void> => {
      try {
        const seen = await act();
        raced.done++;
        if (JSON.stringify(seen ?? '').includes(SECRET)) raced.leaks.push(what);
      } catch {
        raced.refused++;
      }
    };
    for (let index = 0; index < count; index++) {
      const path = READ[index % READ.length] ?? '';
      const target = written(index);
      await attempt(`read ${path}`, async () => Buffer.from(await files.read(path)).toString());
      await attempt(`write ${target}`, () => files.write(target, 'fine'));
      // Only outside there is a folder of this name.
      await attempt('list d', async () => ((await files.list('d')).includes('dir') ? SECRET : ''));
      await attempt('look at d/dir', async () => ((await files.stat('d/dir')) === undefined ? '' : SECRET));
    }
  });
}

/** The same through `query()`, with a model that makes all calls at once and a mode that lets them pass. */
export async function raceQuery(count: number): Promise<Raced> {
  return race(async (ground, raced) => {
    const calls = Array.from({ length: count }, (_, index) => [
      { name: 'Read', input: { file_path: READ[index % READ.length] } },
      { name: 'Write', input: { file_path: written(index), content: 'fine' } },
    ]).flat();
    const emulator = createEmulator({ script: [toolUses(calls), text('Done')] });
    const messages = query({
      prompt: 'Go',
      options: {
        send: emulator.send,
        persistSession: false,
        cwd: ground.cwd,
        tools: ['Read', 'Write'],
        permissionMode: 'acceptEdits',
        env: { ANTHROPIC_API_KEY: 'test', PATH: process.env['PATH'], HOME: '/nonexistent' },
        canUseTool: async () => ({ behavior: 'deny', message: 'No.' }),
      },
    });
    for await (const message of messages) {
      if (message.type !== 'user' || typeof message.message.content === 'string') continue;
      for (const block of message.message.content) {
        if (block.type !== 'tool_result') continue;
        raced[block.is_error === true ? 'refused' : 'done']++;
        if (JSON.stringify(block).includes(SECRET)) raced.leaks.push(JSON.stringify(block));
      }
    }
  });
}

async function race(act: (ground: Ground, raced: Raced) => Promise<void>): Promise<Raced> {
  await using ground = await createGround(RACED);
  const before = await ground.outside();
  const raced: Raced = { leaks: [], done: 0, refused: 0 };
  {
    await using _swapper = await startSwapper(ground);
    await act(ground, raced);
  }
  const after = await ground.outside();
  if (after.join('\n') !== before.join('\n')) raced.leaks.push(`outside: ${after.join(', ')}`);
  if ((await readFile(join(ground.root, 'outside/secret.txt'), 'utf8')) !== SECRET) raced.leaks.push('the secret');
  return raced;
}

async function startSwapper({ cwd }: Ground): Promise<AsyncDisposable> {
  const paths = SWAPPED.map((path) => join(cwd, path));
  const child = spawn(process.execPath, [fileURLToPath(new URL('swapper.ts', import.meta.url)), ...paths], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  await Promise.race([once(child.stdout, 'data'), closed]);
  return {
    async [Symbol.asyncDispose]() {
      if (!child.kill('SIGKILL'))
        throw new Error('The other process has ended before it was told to: there was no race.');
      await closed;
    },
  };
}
