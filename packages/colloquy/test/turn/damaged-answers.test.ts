// What an answer lost or gained on its way cannot always be seen; it must not end the session when it is sent back.
import {
  createEmulator,
  type HttpSend,
  text,
  thinking,
  together,
  toolUse,
  toolUses,
  type Reply,
} from '@colloquy/emulator';
import { createSdkMcpServer, type SDKMessage, tool } from 'colloquy';
import { createApiEngine, createMemoryStore } from 'colloquy/internal';
import { expect, test } from 'vitest';

/** A network that puts one text in the place of another in the first answer. */
function damaging(send: HttpSend, from: string, to: string): HttpSend {
  let answers = 0;
  return async (request) => {
    const answer = await send(request);
    answers += 1;
    return answers > 1 ? answer : { ...answer, body: replaced(answer.body, from, to) };
  };
}

async function* replaced(body: AsyncIterable<Uint8Array>, from: string, to: string): AsyncGenerator<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const whole = Buffer.concat(chunks).toString('utf8');
  if (!whole.includes(from)) throw new Error(`There is no ${from} to be damaged`);
  yield Buffer.from(whole.replace(from, to));
}

type Sent = { role: string; content: string | Record<string, unknown>[] };

/** Two turns, the first answer of which is damaged; gives the results, and the messages of the newest request without markers. */
async function play(
  script: Reply[],
  from: string,
  to: string,
): Promise<{ results: SDKMessage[]; sent: Sent[]; statuses: unknown[] }> {
  const emulator = createEmulator({ script });
  const note = tool('note', 'Notes.', {}, () => Promise.resolve({ content: [{ type: 'text', text: 'Noted.' }] }));
  const engine = createApiEngine({ store: createMemoryStore(), send: damaging(emulator.send, from, to) });
  await using session = await engine.open({
    cwd: '/',
    model: 'claude-sonnet-5-5',
    tools: [],
    mcpServers: { lab: createSdkMcpServer({ name: 'lab', tools: [note] }) },
    permissionMode: 'bypassPermissions',
    allowDangerouslySkipPermissions: true,
    env: {},
  });
  const results: SDKMessage[] = [];
  for (const prompt of ['First', 'Second']) {
    const messages = session.messages();
    await session.send({ type: 'user', message: { role: 'user', content: prompt }, parent_tool_use_id: null });
    for await (const message of messages) {
      if (message.type !== 'result') continue;
      results.push(message);
      break;
    }
  }
  await engine.close();
  const newest = emulator.requests.at(-1)?.messages ?? [];
  const sent = JSON.parse(
    JSON.stringify(newest, (key, value: unknown) => (key === 'cache_control' ? undefined : value)),
  ) as Sent[];
  return { results, sent, statuses: emulator.requests.map(({ status }) => status) };
}

const said = (results: readonly SDKMessage[]): unknown[] =>
  results.map((message) => (message.type === 'result' && message.subtype === 'success' ? message.result : message));

test('a block of a type that the API does not take back is left out, and the rest of the answer stays', async () => {
  const script = [together(text('One.'), text('Two.')), text('Good.')];
  const { results, sent, statuses } = await play(
    script,
    '"index":1,"content_block":{"type":"text"',
    '"index":1,"content_block":{"type":"t%xt"',
  );
  expect(statuses).toEqual([200, 400, 200]);
  expect(said(results)).toEqual(['One.', 'Good.']);
  expect(sent.slice(1)).toEqual([
    { role: 'assistant', content: [{ type: 'text', text: 'One.' }] },
    { role: 'user', content: [{ type: 'text', text: 'Second' }] },
  ]);
});

test('a field that the API does not know is left out of a call that was made', async () => {
  const script = [toolUse('mcp__lab__note'), text('Noted.'), text('Good.')];
  const { results, sent, statuses } = await play(script, '"input":{}', '"inpu4":{}');
  expect(statuses).toEqual([200, 400, 200, 200]);
  expect(said(results)).toEqual(['Noted.', 'Good.']);
  expect(sent[1]?.content).toEqual([
    { type: 'tool_use', id: expect.stringMatching(/^toolu_/), name: 'mcp__lab__note', input: {} },
  ]);
});

test('a call whose name the API does not take back goes with its result; a call beside it stays', async () => {
  const calls = toolUses([{ name: 'mcp__lab__other' }, { name: 'mcp__lab__note' }]);
  const { results, sent, statuses } = await play(
    [calls, text('Noted.'), text('Good.')],
    'mcp__lab__other',
    'mcp__lab__oth%r',
  );
  expect(statuses).toEqual([200, 400, 200, 200]);
  expect(said(results)).toEqual(['Noted.', 'Good.']);
  const id = expect.stringMatching(/^toolu_/) as unknown;
  expect(sent.slice(1, 3)).toEqual([
    { role: 'assistant', content: [{ type: 'tool_use', id, name: 'mcp__lab__note', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: [{ type: 'text', text: 'Noted.' }] }] },
  ]);
});

test('an answer of which nothing is left has words in its place, and so have its results', async () => {
  const script = [toolUse('mcp__lab__note'), text('Noted.'), text('Good.')];
  const { results, sent, statuses } = await play(script, '"id":"toolu_', '"id":"toolu%');
  const leftOut = [{ type: 'text', text: 'An answer is left out here: the API did not take it back.' }];
  expect(statuses).toEqual([200, 400, 200, 200]);
  expect(said(results)).toEqual(['Noted.', 'Good.']);
  expect(sent.slice(1, 3)).toEqual([
    { role: 'assistant', content: leftOut },
    { role: 'user', content: leftOut },
  ]);
});

test('thinking that was damaged is left out once it has been refused', async () => {
  const { results, sent, statuses } = await play([thinking('Hm. Aha.', text('One.')), text('Good.')], 'Aha', 'Oho');
  expect(statuses).toEqual([200, 400, 200]);
  expect(said(results)).toEqual(['One.', 'Good.']);
  expect(sent[1]).toEqual({ role: 'assistant', content: [{ type: 'text', text: 'One.' }] });
});

test('a call that came in part in a form that is not known is not run, and the model is told', async () => {
  const script = [toolUse('mcp__lab__note'), text('Again, then.'), text('Good.')];
  const { results, sent } = await play(script, 'input_json_delta', 'input_json_deltA');
  expect(said(results)).toEqual(['Again, then.', 'Good.']);
  expect(sent[2]?.content).toEqual([
    {
      type: 'tool_result',
      tool_use_id: expect.stringMatching(/^toolu_/),
      is_error: true,
      content: expect.stringContaining('was not run'),
    },
  ]);
});

test('an answer that paused is one answer: what was damaged before its pause is found too', async () => {
  const paused: Reply = { ...together(text('One.'), text('Two.')), stopReason: 'pause_turn' };
  const { results, sent, statuses } = await play(
    [paused, text('Three.'), text('Good.')],
    '"index":1,"content_block":{"type":"text"',
    '"index":1,"content_block":{"type":"t%xt"',
  );
  expect(statuses).toEqual([200, 400, 200, 200]);
  expect(said(results)).toEqual(['Three.', 'Good.']);
  expect(sent.slice(1, 4)).toEqual([
    { role: 'assistant', content: [{ type: 'text', text: 'One.' }] },
    { role: 'user', content: [{ type: 'text', text: 'A part of your answer was lost. Go on from where it ends.' }] },
    { role: 'assistant', content: [{ type: 'text', text: 'Three.' }] },
  ]);
});
