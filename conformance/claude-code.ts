import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

const PINS = join(import.meta.dirname, 'packages/claude-agent-sdk/package.json');
const CACHE = join(import.meta.dirname, '../.cache/conformance');
/** Longer than any turn of the tests, its retries included. */
const MAX_TURN_MS = 25_000;
const MAX_EXIT_MS = 10_000;
const MAX_QUOTED = 500;

/** One line of its output, as far as tests read it. */
export type ClaudeMessage = { type: string; subtype?: string; [field: string]: unknown };

/** What came of a prompt: every message up to its result, which is the last one. */
export type ClaudeTurn = { messages: ClaudeMessage[]; result: ClaudeMessage };

/** The real Claude Code, in a process, with a home and a folder of its own. */
export type ClaudeCode = AsyncDisposable & {
  /** The folder it works in. */
  folder: string;
  /** Says something and waits for the result. Rejects when it ends before, or has none within 25 s. */
  ask(prompt: string): Promise<ClaudeTurn>;
  /** Says that nothing more comes, and waits for its end: the exit code. Rejects when it has not ended within 10 s. */
  end(): Promise<number | null>;
};

/** The pinned version of the official SDK, and the Claude Code that comes with it, where `script/conformance --setup` has fetched it. */
export function findClaudeCode(): { version: string; program: string | undefined } {
  const pins = JSON.parse(readFileSync(PINS, 'utf8')) as { dependencies: Record<string, string> };
  const version = pins.dependencies['@anthropic-ai/claude-agent-sdk'] ?? '';
  const platform = `claude-agent-sdk-${process.platform}-${process.arch}`;
  const program = join(CACHE, `claude-agent-sdk-${version}`, 'node_modules/@anthropic-ai', platform, 'claude');
  return { version, program: existsSync(program) ? program : undefined };
}

/** Starts it against the Messages API at this URL, with these files to work on. Every tool is allowed. */
export async function startClaudeCode(o: {
  program: string;
  baseUrl: string;
  files?: Readonly<Record<string, string>>;
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
}): Promise<ClaudeCode> {
  const root = await mkdtemp(join(tmpdir(), 'colloquy-claude-code-'));
  const folder = join(root, 'work');
  for (const path of ['work', 'home', 'tmp']) await mkdir(join(root, path));
  for (const [name, content] of Object.entries(o.files ?? {})) await writeFile(join(folder, name), content);
  const child = spawn(o.program, [...STREAM_JSON, '--permission-mode', 'bypassPermissions', ...(o.args ?? [])], {
    cwd: folder,
    env: { ...quietEnv(root, o.baseUrl), ...o.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  return follow(child, { root, folder });
}

const STREAM_JSON = ['-p', '--input-format', 'stream-json', '--output-format', 'stream-json', '--verbose'];

/** Nothing of the machine's environment but PATH, and nothing that would ask the network for anything else. */
export function quietEnv(root: string, baseUrl: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: join(root, 'home'),
    TMPDIR: join(root, 'tmp'),
    LANG: 'C.UTF-8',
    ANTHROPIC_BASE_URL: baseUrl,
    ANTHROPIC_API_KEY: 'made-up',
    DISABLE_TELEMETRY: '1',
    DISABLE_AUTOUPDATER: '1',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    // As root it allows every tool only where somebody vouches for a sandbox: here the emulator alone decides what is called.
    IS_SANDBOX: '1',
  };
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

function follow(child: Child, { root, folder }: { root: string; folder: string }): ClaudeCode {
  let complaints = '';
  let last = 'nothing';
  const seen = (): string => `The last it said: ${last.slice(0, MAX_QUOTED)}. It complained: ${complaints || 'never'}`;
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  // Writing to a process that has ended is told by what is missing afterwards.
  child.stdin.on('error', () => undefined);
  const lines = createInterface(child.stdout).on('line', (line) => (last = line));
  const ended = once(child, 'close') as Promise<[number | null]>;
  ended.catch(() => undefined);
  return {
    folder,
    async ask(prompt) {
      const turn = within(MAX_TURN_MS, `result of "${prompt}"`, nextTurn(lines), seen);
      const message = { role: 'user', content: prompt };
      child.stdin.write(`${JSON.stringify({ type: 'user', message, parent_tool_use_id: null, session_id: '' })}\n`);
      return turn;
    },
    async end() {
      child.stdin.end();
      const [code] = await within(MAX_EXIT_MS, 'end', ended, seen);
      return code;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await within(MAX_EXIT_MS, 'end', ended, seen);
      await rm(root, { recursive: true, force: true });
    },
  };
}

function nextTurn(lines: Interface): Promise<ClaudeTurn> {
  return new Promise((resolve, reject) => {
    const messages: ClaudeMessage[] = [];
    const line = (text: string): void => {
      // It prints one JSON object a line; what else it should print is none of a turn's messages.
      if (!text.startsWith('{')) return;
      const message = JSON.parse(text) as ClaudeMessage;
      messages.push(message);
      if (message.type === 'result') settle(() => resolve({ messages, result: message }));
    };
    const close = (): void => settle(() => reject(new Error('It ended without a result')));
    const settle = (finish: () => void): void => {
      lines.off('line', line);
      lines.off('close', close);
      finish();
    };
    lines.on('line', line);
    lines.on('close', close);
  });
}

async function within<T>(ms: number, what: string, promise: Promise<T>, seen: () => string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`Nothing within ${ms} ms`)), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } catch (cause) {
    throw new Error(`Claude Code: no ${what}. ${seen()}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}
