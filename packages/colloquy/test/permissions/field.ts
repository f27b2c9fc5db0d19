import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createEmulator, type Emulator, text, toolUse } from '@colloquy/emulator';
import { type CanUseTool, type Options, type PermissionUpdate, query, type SDKMessage } from 'colloquy';

/** A tool call that the model makes, by name and input. */
export type Call = readonly [name: string, input: Record<string, unknown>];

/** What became of one call. */
export type Outcome = {
  decided: 'allowed' | 'denied' | 'asked';
  /** What the model was told, when the call did not run or failed. */
  told: string;
  failed: boolean;
  /** What whoever was asked was shown. */
  reason: string | undefined;
  suggestions: PermissionUpdate[] | undefined;
};

export type Played = { outcomes: Outcome[]; messages: SDKMessage[]; emulator: Emulator };

/** A folder to work in, a home beside it with the user's settings, and a place outside; all gone with its scope. */
export class Field implements Disposable {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'colloquy-rules-')));
  readonly cwd = join(this.root, 'work');
  readonly home = join(this.root, 'home');
  readonly #data = process.env['COLLOQUY_HOME'];

  constructor(files: Record<string, string | Uint8Array> = {}) {
    process.env['COLLOQUY_HOME'] = join(this.root, 'data');
    mkdirSync(this.cwd);
    for (const [path, content] of Object.entries(files)) this.write(path, content);
  }

  /** Paths begin at the root: `work/…`, `home/…`. */
  write(path: string, content: string | Uint8Array): string {
    const full = join(this.root, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, content);
    return full;
  }

  settings(path: string, permissions: Record<string, unknown>): void {
    this.write(path, JSON.stringify({ permissions }));
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  permissions(path: string): unknown {
    return (JSON.parse(this.read(path)) as { permissions?: unknown }).permissions;
  }

  /** Lets the model make these calls, one an answer. Whoever is asked denies, unless `answer` says something else. */
  async play(
    calls: readonly Call[],
    options: Options = {},
    answer: CanUseTool | 'nobody' = async () => ({ behavior: 'deny', message: 'Not now' }),
  ): Promise<Played> {
    const emulator = createEmulator({ script: [...calls.map(([name, input]) => toolUse(name, input)), text('Done')] });
    const asked = new Map<string, Pick<Outcome, 'reason' | 'suggestions'>>();
    const canUseTool: CanUseTool = async (name, input, context) => {
      asked.set(context.toolUseID, { reason: context.decisionReason, suggestions: context.suggestions });
      return answer === 'nobody' ? { behavior: 'deny', message: 'Nobody' } : answer(name, input, context);
    };
    const messages: SDKMessage[] = [];
    const all: Options = {
      cwd: this.cwd,
      tools: [...new Set(calls.map(([name]) => name).filter((name) => !name.startsWith('mcp__')))],
      env: { ANTHROPIC_API_KEY: 'test', PATH: process.env['PATH'], HOME: this.home },
      persistSession: false,
      sandbox: { enabled: false },
      send: emulator.send,
      ...(answer === 'nobody' ? {} : { canUseTool }),
      ...options,
    };
    for await (const message of query({ prompt: 'Go', options: all })) messages.push(message);
    return { outcomes: outcomesOf(messages, asked), messages, emulator };
  }

  /** What becomes of one call. */
  async one(call: Call, options?: Options, answer?: CanUseTool | 'nobody'): Promise<Outcome> {
    const [outcome] = (await this.play([call], options, answer)).outcomes;
    if (outcome === undefined) throw new Error('The call was not made');
    return outcome;
  }

  [Symbol.dispose](): void {
    if (this.#data === undefined) delete process.env['COLLOQUY_HOME'];
    else process.env['COLLOQUY_HOME'] = this.#data;
    rmSync(this.root, { recursive: true, force: true });
  }
}

function outcomesOf(
  messages: readonly SDKMessage[],
  asked: ReadonlyMap<string, Pick<Outcome, 'reason' | 'suggestions'>>,
): Outcome[] {
  const denied = new Set(
    messages.flatMap((message) =>
      message.type === 'system' && message.subtype === 'permission_denied' ? [message.tool_use_id] : [],
    ),
  );
  return messages.flatMap((message) => {
    if (message.type !== 'user' || typeof message.message.content === 'string') return [];
    return message.message.content.flatMap((block): Outcome[] => {
      if (block.type !== 'tool_result') return [];
      const question = asked.get(block.tool_use_id);
      const told = typeof block.content === 'string' ? block.content : JSON.stringify(block.content);
      const decided = question !== undefined ? 'asked' : denied.has(block.tool_use_id) ? 'denied' : 'allowed';
      return [
        {
          decided,
          told,
          failed: block.is_error === true,
          reason: question?.reason,
          suggestions: question?.suggestions,
        },
      ];
    });
  });
}

/** Warnings that the person is told. */
export function warningsOf(messages: readonly SDKMessage[]): string[] {
  return messages.flatMap((message) =>
    message.type === 'system' && message.subtype === 'informational' ? [message.content] : [],
  );
}
