import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createLocalFiles } from './local-files.ts';
import { createLocalShell } from './local-shell.ts';
import { BackgroundTasks, type TaskJournal } from './tasks/background-tasks.ts';
import type { Files, Tool, ToolContext, ToolOutcome } from './tool.ts';

/** For tests: a folder `work` to work in, beside others, all gone when the test is over. */
export type Workspace = AsyncDisposable & {
  /** The folder that holds `work`. */
  root: string;
  cwd: string;
  files: Files;
  context(o?: { signal?: AbortSignal; files?: Files }): ToolContext;
  /** Checks the input and runs the tool, as the turn does. */
  run<I, O>(tool: Tool<I, O>, input: unknown, o?: { signal?: AbortSignal; files?: Files }): Promise<ToolOutcome<O>>;
  /** Content of a file. */
  text(path: string): Promise<string>;
  /** Makes a pipe with a name, which nobody writes to. */
  pipe(path: string): void;
};

/** Makes the folder with the given files; paths are relative to `work`, so that `../x` lies outside. */
export async function createWorkspace(content: Record<string, string | Uint8Array> = {}): Promise<Workspace> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'colloquy-')));
  const cwd = join(root, 'work');
  await mkdir(cwd);
  for (const [path, data] of Object.entries(content)) {
    const full = join(cwd, path);
    await mkdir(dirname(full), { recursive: true });
    await writeFile(full, data);
  }
  const files = createLocalFiles({ cwd, roots: () => [cwd] });
  const shell = createLocalShell({ env: process.env });
  const kept: Record<string, unknown> = {};
  const background = new BackgroundTasks({ journal: SILENT });
  const context: Workspace['context'] = (o) => ({
    session: 's',
    thread: 'main',
    toolUseId: 't1',
    cwd,
    folders: () => [cwd],
    files: o?.files ?? files,
    shell,
    background,
    web: { read: () => Promise.reject(new Error('No web here.')) },
    signal: o?.signal ?? new AbortController().signal,
    state: (key) => kept[key],
    mode: () => 'default',
    setMode: () => Promise.resolve(),
    runAgent: () => Promise.reject(new Error('No agent runs here.')),
    askSmallModel: () => Promise.reject(new Error('No model here.')),
    searchWeb: () => Promise.reject(new Error('No web here.')),
    taskHook: async () => undefined,
    progress: () => undefined,
  });
  return {
    root,
    cwd,
    files,
    context,
    async run(tool, input, o) {
      const outcome = await tool.run(await tool.parse(input), context(o));
      Object.assign(kept, outcome.state);
      return outcome;
    },
    text: (path) => readFile(join(cwd, path), 'utf8'),
    pipe: (path) => void execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', join(cwd, path)]),
    async [Symbol.asyncDispose]() {
      await background.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

const SILENT: TaskJournal = { started: async () => {}, ended: async () => {}, news: async () => {} };
