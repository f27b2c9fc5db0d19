import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createEmulator, type Emulator, text, toolUse } from '@colloquy/emulator';
import { ClaudeSDKClient, type Options, type SDKMessage } from 'colloquy';

export type Block = { type: string; text?: string; source?: { type: string; media_type: string; data: string } };

/** What became of one call: what the model was told, and what the program was. */
export type CallResult = { text: string; blocks: Block[]; isError: boolean; structured: unknown };

/** A session over the emulator in a folder of its own, in which the model makes one call after another. */
export type ToolScene = AsyncDisposable & {
  emulator: Emulator;
  client: ClaudeSDKClient;
  /** The folder that holds `cwd`. */
  root: string;
  cwd: string;
  /** Lets the model make this call, and gives what came of it. */
  call(name: string, input: unknown): Promise<CallResult>;
  /** Content of a file. */
  read(path: string): string;
  bytes(path: string): Buffer;
  write(path: string, data: string | Uint8Array): void;
  path(name: string): string;
  exists(path: string): boolean;
};

/** Makes the folder with the given files; paths are relative to `cwd`, so that `../x` lies outside. */
export async function openTools(
  files: Readonly<Record<string, string | Uint8Array>> = {},
  options: Options = {},
): Promise<ToolScene> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'colloquy-tools-')));
  const cwd = join(root, 'work');
  mkdirSync(cwd);
  const path = (name: string): string => join(cwd, name);
  const write = (name: string, data: string | Uint8Array): void => {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), data);
  };
  for (const [name, data] of Object.entries(files)) write(name, data);
  const emulator = createEmulator();
  const client = new ClaudeSDKClient({
    send: emulator.send,
    cwd,
    persistSession: false,
    tools: ['Read', 'Edit', 'MultiEdit', 'Write', 'NotebookEdit', 'LS', 'Glob', 'Grep'],
    permissionMode: 'acceptEdits',
    env: { ANTHROPIC_API_KEY: 'test', PATH: process.env['PATH'] },
    ...options,
  });
  return {
    emulator,
    client,
    root,
    cwd,
    path,
    write,
    read: (name) => readFileSync(path(name), 'utf8'),
    bytes: (name) => readFileSync(path(name)),
    exists: (name) => existsSync(path(name)),
    async call(name, input) {
      emulator.script(toolUse(name, input as Record<string, unknown>), text('Done.'));
      await client.query(`Use ${name}`);
      const told: SDKMessage[] = [];
      for await (const message of client.receiveResponse()) told.push(message);
      const result = told.flatMap(resultsOf)[0];
      if (result === undefined) throw new Error(`The call of ${name} has no result`);
      return result;
    },
    async [Symbol.asyncDispose]() {
      await client.disconnect();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** The results of calls that a message tells of. */
export function resultsOf(message: SDKMessage): CallResult[] {
  if (message.type !== 'user' || typeof message.message.content === 'string') return [];
  return message.message.content.flatMap((block) => {
    if (block.type !== 'tool_result') return [];
    const { content = '' } = block;
    // What the Messages API takes in a result.
    const blocks = (typeof content === 'string' ? [{ type: 'text', text: content }] : content) as Block[];
    const isError = block.is_error === true;
    const told = blocks.map((one) => one.text ?? `<${one.type}>`).join('\n');
    const structured = 'tool_use_result' in message ? message.tool_use_result : undefined;
    return [{ text: told, blocks, isError, structured }];
  });
}
