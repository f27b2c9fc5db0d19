import { mkdtemp, mkdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmulator, text, toolUse } from '@colloquy/emulator';
import type { Options, SDKMessage } from 'colloquy';
import { createApiEngine, createMemoryStore, detectSandbox, type Store } from 'colloquy/internal';
import type { TestContext } from 'vitest';
import { newestBlocks } from '../turn/scene.ts';

/** Leaves the test out where there is no sandbox to be tested, and says why. */
export async function needSandbox(context: TestContext): Promise<void> {
  const detected = await detectSandbox();
  if (!detected.works) context.skip(`sandbox: ${detected.why}`);
}

/** A machine in small: a home with a key, a workspace, and another one beside it. */
export type Field = AsyncDisposable & {
  root: string;
  home: string;
  workspace: string;
  other: string;
  env: Record<string, string | undefined>;
};

export async function createField(): Promise<Field> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'colloquy-sandbox-')));
  const [home, workspace, other] = [join(root, 'home'), join(root, 'workspace'), join(root, 'other')];
  await Promise.all([home, workspace, other].map((folder) => mkdir(folder)));
  await mkdir(join(home, '.ssh'));
  await writeFile(join(home, '.ssh', 'id_test'), 'the key\n');
  await writeFile(join(other, 'plan.txt'), 'the plan\n');
  const env = { PATH: process.env['PATH'], HOME: home, ANTHROPIC_API_KEY: 'sk-secret', SSH_AUTH_SOCK: '/run/agent' };
  return {
    root,
    home,
    workspace,
    other,
    env,
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

/** What became of a command, as the model is told it. */
export type Told = { text: string; isError: boolean };

export type BashCall = string | { command: string; dangerouslyDisableSandbox?: boolean; timeout?: number };
export type PlayOptions = Options & { store?: Store; hosted?: boolean; severalUsers?: boolean };

/** Runs commands one after the other in one turn of a session. All are allowed by a rule, unless the options have rules of their own. */
export async function play(
  field: Field,
  calls: readonly BashCall[],
  { store = createMemoryStore(), hosted = false, severalUsers, ...options }: PlayOptions = {},
): Promise<{ told: Told[]; messages: SDKMessage[] }> {
  const inputs = calls.map((call) => (typeof call === 'string' ? { command: call } : call));
  const emulator = createEmulator({ script: [...inputs.map((input) => toolUse('Bash', input)), text('Done')] });
  const engine = createApiEngine({ store, send: emulator.send, askThroughLog: hosted, severalUsers });
  const { workspace: cwd, env } = field;
  const base: Options = { cwd, env, tools: ['Bash'], allowedTools: ['Bash'], settingSources: [] };
  const messages: SDKMessage[] = [];
  try {
    await using session = await engine.open({ ...base, ...options });
    const reader = session.messages();
    await session.send({ type: 'user', message: { role: 'user', content: 'Go' }, parent_tool_use_id: null });
    for await (const message of reader) {
      messages.push(message);
      if (message.type === 'result') break;
    }
  } finally {
    await engine.close();
  }
  const told = inputs.flatMap((_, index) =>
    newestBlocks(emulator, index + 1).flatMap((block) =>
      block.type === 'tool_result' ? [{ text: plain(block.content), isError: block.is_error === true }] : [],
    ),
  );
  return { told, messages };
}

/** The one command's. */
export async function tell(field: Field, call: BashCall, options?: PlayOptions): Promise<Told> {
  const { told } = await play(field, [call], options);
  return told[0] ?? { text: 'nothing was told', isError: true };
}

/** The control: the same command without the sandbox. */
export const WITHOUT = { sandbox: { enabled: false } };

function plain(content: unknown): string {
  if (typeof content === 'string') return content;
  return Array.isArray(content) ? content.map((block: { text?: string }) => block.text ?? '').join('\n') : '';
}
