// A process that is to be killed: three prompts, each with calls of a tool that leaves a line in a file. It says on standard output
// what it has been promised, and kills itself, as `kill -9` does, at the step it is told.
import { appendFileSync, writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { createEmulator } from '@colloquy/emulator';
import { createSdkMcpServer, type HttpSend, type Options, tool } from 'colloquy';
import { createApiEngine, openSqliteStore, type Store } from 'colloquy/internal';
import { z } from 'zod';

const [storePath = '', effects = '', sessionId = '', killAt = '0', resume = ''] = process.argv.slice(2);
let steps = 0;

/** One of the moments at which the process may be killed. */
function step(): void {
  steps += 1;
  if (steps !== Number(killAt)) return;
  // The next victim starts in a third of the time.
  flushCompileCache();
  process.kill(process.pid, 'SIGKILL');
}

function stepping(store: Store): Store {
  const append: Store['append'] = async (...args: unknown[]) => {
    step();
    // The overloads of `append` differ only in what the epoch allows.
    const appended = await (store.append as (...all: unknown[]) => ReturnType<Store['append']>)(...args);
    step();
    return appended;
  };
  return new Proxy(store, { get: (target, name) => (name === 'append' ? append : bound(target, name)) });
}

function bound(target: Store, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === 'function' ? value.bind(target) : value;
}

const emulator = createEmulator({ seed: resume === '' ? 1 : 2 });
const send: HttpSend = async (request) => {
  step();
  const response = await emulator.send(request);
  return { ...response, body: steppingBody(response.body) };
};

async function* steppingBody(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    step();
    yield chunk;
  }
}

const append = tool('append', 'Appends a line.', { line: z.string() }, async ({ line }) => {
  step();
  appendFileSync(effects, `${line}\n`);
  step();
  return { content: [{ type: 'text', text: `Appended ${line}` }] };
});

const options: Options = {
  tools: [],
  allowedTools: ['mcp__effects'],
  mcpServers: { effects: createSdkMcpServer({ name: 'effects', tools: [append] }) },
  env: { ANTHROPIC_API_KEY: 'offline' },
};
const engine = createApiEngine({ store: stepping(await openSqliteStore({ path: storePath })), send });
const session = await engine.open({ ...options, ...(resume === '' ? { sessionId } : { resume: sessionId }) });
const results = session.messages();
const said = (line: unknown): void => void writeSync(1, `${JSON.stringify(line)}\n`);
const prompts = resume === '' ? ['a', 'b', 'c'] : ['d'];
for (const name of prompts) {
  const call = (n: number): string => `@tool mcp__effects__append {"line":"${name}${n}"}`;
  const { uuid } = await session.send({
    type: 'user',
    message: { role: 'user', content: [call(1), call(2)].join('\n') },
    parent_tool_use_id: null,
    uuid: `00000000-0000-4000-8000-00000000000${name}`,
  });
  said({ accepted: uuid });
}
let open = prompts.length;
for await (const message of results) {
  if (message.type !== 'result') continue;
  said({ result: message.user_message_uuid, subtype: message.subtype });
  // After a restart, the turns of earlier prompts may come first.
  if (resume === '' ? --open === 0 : message.user_message_uuid?.endsWith('d') === true) break;
}
await session[Symbol.asyncDispose]();
await engine.close();
said({ steps });
