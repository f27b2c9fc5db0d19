import { expect, test } from 'vitest';
import type { SDKMessage } from 'colloquy';
import { reduce, type Action } from './reduce.ts';
import { EMPTY_VIEW, type Block, type SessionView } from './view-model.ts';

type Loose = Record<string, unknown>;
let count = 0;

/** A message as the stream carries it; only what a test is about has to be said. */
function told(message: Loose): SDKMessage {
  count += 1;
  // Tests tell the parts of a message that the fold reads.
  return { uuid: `u${count}`, session_id: 's', parent_tool_use_id: null, ...message } as unknown as SDKMessage;
}

function fold(view: SessionView, ...messages: SDKMessage[]): SessionView {
  return reduce(view, {
    type: 'frames',
    frames: messages.map((message) => ({ type: 'message', message })),
    nowMs: 1_000,
  });
}

const act = (view: SessionView, ...actions: Action[]): SessionView => actions.reduce(reduce, view);
const prompt = (uuid: string, text = uuid, more: Loose = {}) =>
  told({ type: 'user', isReplay: true, uuid, message: { role: 'user', content: [{ type: 'text', text }] }, ...more });
const init = (more: Loose = {}) =>
  told({ type: 'system', subtype: 'init', model: 'm', permissionMode: 'default', ...more });
const taken = (uuid: string) => told({ type: 'command_lifecycle', command_uuid: uuid, state: 'started' });
const assistant = (content: Loose, more: Loose = {}, id = 'msg') =>
  told({ type: 'assistant', message: { id, content: [content] }, ...more });
const text = (value: string, more: Loose = {}, id = 'msg') => assistant({ type: 'text', text: value }, more, id);
const call = (id: string, name = 'Bash', input: Loose = { command: 'ls' }) =>
  assistant({ type: 'tool_use', id, name, input });
const event = (value: Loose, id: string | undefined = 'msg') =>
  told({ type: 'stream_event', event: value, api_message_id: id });
const start = (index: number, block: Loose, id?: string) =>
  event({ type: 'content_block_start', index, content_block: block }, id);
const delta = (index: number, value: string, id?: string) =>
  event({ type: 'content_block_delta', index, delta: { type: 'text_delta', text: value } }, id);
const toolResult = (id: string, content: string, more: Loose = {}, message: Loose = {}) =>
  told({
    type: 'user',
    message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content, ...more }] },
    ...message,
  });
const asks = (request: number, id: string) =>
  told({
    type: 'system',
    subtype: 'permission_request',
    request,
    tool_use_id: id,
    tool_name: 'Bash',
    input: { command: 'ls' },
    reason: 'no rule',
  });
const answered = (request: number, id: string, behavior: string, by = 'ada') =>
  told({ type: 'system', subtype: 'permission_answered', request, tool_use_id: id, behavior, by });
const result = (more: Loose = {}) =>
  told({
    type: 'result',
    subtype: 'success',
    is_error: false,
    duration_ms: 5,
    total_cost_usd: 0.5,
    modelUsage: {},
    result: '',
    ...more,
  });

/** Blocks in a few words, for comparing. */
function show(view: SessionView): string[][] {
  return view.turns.map((turn) => [
    ...turn.blocks.map(word),
    ...(turn.end === undefined ? [] : [`end:${turn.end.kind}`]),
  ]);
}

function word(block: Block): string {
  if (block.kind === 'tool') return `tool:${block.toolUseId}:${block.state}`;
  const isLive = 'uuid' in block && block.uuid === undefined;
  return `${block.kind}:${block.text}${isLive ? '…' : ''}`;
}

const opened = (): SessionView => fold(EMPTY_VIEW, prompt('p1'), init(), taken('p1'));

test('a told prompt waits in the queue until its turn takes it', () => {
  const queued = fold(EMPTY_VIEW, prompt('p1', 'Hello'));
  expect(queued.queue).toMatchObject([{ uuid: 'p1', text: 'Hello', state: 'accepted' }]);
  const running = fold(queued, init(), taken('p1'));
  expect(show(running)).toEqual([['prompt:Hello']]);
  expect(running).toMatchObject({ queue: [], running: true, model: 'm', mode: 'default' });
});

test('what the model is told of work in the background is a notice, and nobody is shown as having said it', () => {
  const news = '<task-notification>\nTask b1 has ended.\n</task-notification>';
  const told = fold(EMPTY_VIEW, prompt('n1', news, { origin: { kind: 'task-notification' } }));
  expect(told).toMatchObject({ queue: [], news: [{ uuid: 'n1' }] });
  const running = fold(told, init(), taken('n1'), text('I see.'));
  expect(show(running)).toEqual([['notice:Task b1 has ended.', 'text:I see.']]);
  expect(running.news).toEqual([]);
  expect(fold(running, prompt('n1', news, { origin: { kind: 'task-notification' } })).news).toEqual([]);
});

test('a turn whose prompt was not named takes the most urgent one, then the oldest', () => {
  const queued = fold(EMPTY_VIEW, prompt('later'), prompt('now', 'now', { priority: 'now' }));
  const first = fold(queued, init(), text('A'), result());
  expect(show(fold(first, init(), text('B')))).toEqual([
    ['prompt:now', 'text:A', 'end:completed'],
    ['prompt:later', 'text:B'],
  ]);
});

test('a prompt sent while a turn runs stays queued until the next turn', () => {
  const busy = fold(opened(), text('A'), prompt('p2'));
  expect(busy.queue).toHaveLength(1);
  const next = fold(busy, result(), init(), taken('p2'));
  expect(show(next)).toEqual([['prompt:p1', 'text:A', 'end:completed'], ['prompt:p2']]);
});

test('the page’s own bubble becomes the prompt that is told back', () => {
  const sent = act(EMPTY_VIEW, { type: 'prompt_sending', uuid: 'p1', text: 'Hi' });
  expect(sent.queue).toMatchObject([{ state: 'sending' }]);
  const back = fold(sent, prompt('p1', 'Hi'));
  expect(back.queue).toMatchObject([{ uuid: 'p1', state: 'accepted' }]);
  // The call may break although the prompt has arrived.
  expect(act(back, { type: 'prompt_failed', uuid: 'p1', error: 'broken' }).queue).toMatchObject([
    { state: 'accepted' },
  ]);
});

test('a prompt that could not be sent can be sent again or taken back', () => {
  const failed = act(
    EMPTY_VIEW,
    { type: 'prompt_sending', uuid: 'p1', text: 'Hi' },
    { type: 'prompt_failed', uuid: 'p1', error: 'no' },
  );
  expect(failed.queue).toMatchObject([{ state: 'failed', error: 'no' }]);
  expect(act(failed, { type: 'prompt_sending', uuid: 'p1', text: 'Hi' }).queue).toMatchObject([
    { state: 'sending', error: undefined },
  ]);
  expect(act(failed, { type: 'prompt_discarded', uuid: 'p1' }).queue).toEqual([]);
});

test('a prompt told twice is there once', () => {
  expect(show(fold(opened(), prompt('p1')))).toEqual([['prompt:p1']]);
  expect(fold(opened(), prompt('p1')).queue).toEqual([]);
});

test('a withdrawn prompt leaves the queue', () => {
  const queued = fold(EMPTY_VIEW, prompt('p1'));
  expect(
    fold(queued, told({ type: 'system', subtype: 'prompt_withdrawn', prompt_uuid: 'p1', by: 'ada' })).queue,
  ).toEqual([]);
});

test('streamed text grows, and its finished message takes its place under the same key', () => {
  const live = fold(opened(), start(0, { type: 'text', text: '' }), delta(0, 'Hel'), delta(0, 'lo'));
  expect(show(live)).toEqual([['prompt:p1', 'text:Hello…']]);
  const done = fold(live, text('Hello.'));
  expect(show(done)).toEqual([['prompt:p1', 'text:Hello.']]);
  expect(done.turns[0]?.blocks[1]?.key).toBe(live.turns[0]?.blocks[1]?.key);
});

test('deltas of a later block may come before the message of an earlier one', () => {
  const ahead = fold(opened(), start(0, { type: 'text' }), delta(0, 'one'), start(1, { type: 'text' }), delta(1, 'tw'));
  expect(show(fold(ahead, text('one'), delta(1, 'o')))).toEqual([['prompt:p1', 'text:one', 'text:two…']]);
});

test('deltas of a block that has finished change nothing', () => {
  const done = fold(opened(), start(0, { type: 'text' }), delta(0, 'one'), text('one'));
  expect(fold(done, delta(0, ' more')).turns).toBe(done.turns);
});

test('a reader that comes in the middle of a block shows what it gets', () => {
  expect(show(fold(opened(), delta(0, 'rest')))).toEqual([['prompt:p1', 'text:rest…']]);
});

test('a tool’s input streams into its card, which runs once the message is whole', () => {
  const json = event({
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'input_json_delta', partial_json: '{"com' },
  });
  const live = fold(opened(), start(0, { type: 'tool_use', id: 't1', name: 'Bash', input: {} }), json);
  expect(live.turns[0]?.blocks[1]).toMatchObject({ state: 'preparing', inputJson: '{"com', input: undefined });
  expect(show(fold(live, call('t1')))).toEqual([['prompt:p1', 'tool:t1:running']]);
});

test('blank text and redacted thinking leave nothing behind', () => {
  const live = fold(
    opened(),
    start(0, { type: 'redacted_thinking', data: 'x' }),
    start(1, { type: 'text' }),
    delta(1, ' '),
  );
  expect(show(fold(live, assistant({ type: 'redacted_thinking', data: 'x' }), text(' ')))).toEqual([['prompt:p1']]);
});

test('an answer that broke off is dropped when the next one begins, and superseded messages go', () => {
  const broken = fold(opened(), text('half', { uuid: 'gone' }), start(1, { type: 'text' }), delta(1, 'of it'));
  const retry = told({
    type: 'system',
    subtype: 'api_retry',
    attempt: 1,
    max_retries: 10,
    retry_delay_ms: 500,
    error_status: 529,
    error: 'overloaded',
  });
  const retrying = fold(broken, retry);
  expect(retrying.retry).toEqual({ attempt: 1, maxRetries: 10, error: 'overloaded', status: 529, dueAtMs: 1_500 });
  const again = fold(
    retrying,
    event({ type: 'message_start', message: { id: 'second' } }, 'second'),
    text('whole', { supersedes: ['gone'] }, 'second'),
  );
  expect(show(again)).toEqual([['prompt:p1', 'text:whole']]);
  expect(again.retry).toBeUndefined();
});

test('a gap replaces live text by what the server still knows, and the block goes on from there', () => {
  const live = fold(opened(), start(0, { type: 'text' }), delta(0, 'on'));
  const after = reduce(live, {
    type: 'frames',
    frames: [{ type: 'gap', open: [{ index: 0, text: 'one tw' }] }],
    nowMs: 0,
  });
  const grown = fold(after, delta(0, 'o', undefined), delta(0, '!', 'msg'));
  expect(show(grown)).toEqual([['prompt:p1', 'text:one two!…']]);
  expect(show(fold(grown, text('one two!')))).toEqual([['prompt:p1', 'text:one two!']]);
});

test('a tool call is settled by its result, with its structured output', () => {
  const done = fold(opened(), call('t1'), toolResult('t1', 'a b', {}, { tool_use_result: { stdout: 'a b' } }));
  expect(done.turns[0]?.blocks[1]).toMatchObject({
    state: 'done',
    result: { text: 'a b', structured: { stdout: 'a b' } },
  });
  expect(show(fold(opened(), call('t1'), toolResult('t1', 'no', { is_error: true })))).toEqual([
    ['prompt:p1', 'tool:t1:failed'],
  ]);
});

test('a call that is asked waits; the first answer, from wherever, ends the waiting', () => {
  const waiting = fold(opened(), call('t1'), asks(7, 't1'));
  expect(waiting.asks).toEqual([
    { request: 7, toolUseId: 't1', name: 'Bash', input: { command: 'ls' }, reason: 'no rule' },
  ]);
  expect(show(waiting)).toEqual([['prompt:p1', 'tool:t1:waiting']]);
  const allowed = fold(waiting, answered(7, 't1', 'allow', 'grace'));
  expect(allowed).toMatchObject({ asks: [], lastAnswer: { request: 7, name: 'Bash', behavior: 'allow', by: 'grace' } });
  expect(show(allowed)).toEqual([['prompt:p1', 'tool:t1:running']]);
  const denied = fold(waiting, answered(7, 't1', 'deny'), toolResult('t1', 'denied', { is_error: true }));
  expect(show(denied)).toEqual([['prompt:p1', 'tool:t1:denied']]);
});

test('a question is still open after everything was told again from the beginning', () => {
  const frames = [prompt('p1'), init(), taken('p1'), call('t1'), asks(7, 't1')];
  const again = fold(act(fold(EMPTY_VIEW, ...frames), { type: 'reset' }), ...frames);
  expect(again.asks).toHaveLength(1);
  expect(again.turns).toHaveLength(1);
});

test('a call that a rule denied says why', () => {
  const rule = told({
    type: 'system',
    subtype: 'permission_denied',
    tool_use_id: 't1',
    tool_name: 'Bash',
    message: 'no',
    decision_reason: 'readOnly',
  });
  const denied = fold(opened(), call('t1'), rule, toolResult('t1', 'no', { is_error: true }));
  expect(denied.turns[0]?.blocks[1]).toMatchObject({ state: 'denied', deniedReason: 'readOnly' });
});

test('a call that a program runs waits for it, and tells whose program gave the result', () => {
  const wanted = told({ type: 'system', subtype: 'tool_call_request', tool_use_id: 't', tool_name: 'Bash', input: {} });
  const given = told({ type: 'system', subtype: 'tool_call_answered', tool_use_id: 't', by: 'orders' });
  const waiting = fold(opened(), call('t'), wanted);
  expect(show(waiting)).toEqual([['prompt:p1', 'tool:t:elsewhere']]);
  const answered = fold(waiting, given);
  expect(answered.turns[0]?.blocks[1]).toMatchObject({ state: 'running', suppliedBy: 'orders' });
  expect(fold(answered, toolResult('t', 'a')).turns[0]?.blocks[1]).toMatchObject({
    state: 'done',
    suppliedBy: 'orders',
  });
  expect(show(fold(waiting, result()))).toEqual([['prompt:p1', 'tool:t:stopped', 'end:completed']]);
});

test('an interrupt ends the turn: what ran is stopped, open questions go', () => {
  const waiting = fold(opened(), call('t1'), call('t2'), asks(7, 't2'));
  const cut = { subtype: 'error_during_execution', is_error: true, errors: ['x'], terminal_reason: 'aborted_tools' };
  const ended = fold(waiting, toolResult('t1', 'cut', { is_error: true }), result(cut));
  expect(show(ended)).toEqual([['prompt:p1', 'tool:t1:stopped', 'tool:t2:stopped', 'end:stopped']]);
  expect(ended).toMatchObject({ asks: [], running: false });
});

test('text cut by an interrupt is kept as its message says, and other live text goes', () => {
  const live = fold(
    opened(),
    start(0, { type: 'text' }),
    delta(0, 'Hal'),
    text('Half', { aborted: true }),
    start(1, { type: 'text' }),
    delta(1, 'x'),
  );
  const ended = fold(
    live,
    result({ subtype: 'error_during_execution', is_error: true, errors: [], terminal_reason: 'aborted_streaming' }),
  );
  expect(show(ended)).toEqual([['prompt:p1', 'text:Half', 'end:stopped']]);
});

test.each([
  [
    { subtype: 'error_max_turns', is_error: true, errors: ['limit'] },
    { kind: 'max_turns', details: 'limit' },
  ],
  [
    { subtype: 'error_max_budget_usd', is_error: true, errors: ['budget'] },
    { kind: 'budget', details: 'budget' },
  ],
  [
    { subtype: 'error_during_execution', is_error: true, errors: ['a', 'b'] },
    { kind: 'failed', details: 'a\nb' },
  ],
  [
    { is_error: true, result: 'API Error: no' },
    { kind: 'failed', details: 'API Error: no' },
  ],
])('the result %o says how the turn ended', (more, end) => {
  expect(fold(opened(), result(more)).turns[0]?.end).toMatchObject(end);
});

test('an API error is shown once, in the words of its message', () => {
  const failed = fold(
    opened(),
    text('API Error: bad key', { error: 'authentication_failed' }),
    result({ is_error: true, result: 'API Error: bad key' }),
  );
  expect(show(failed)).toEqual([['prompt:p1', 'error:bad key', 'end:completed']]);
});

test('the cost is that of the session so far; a model without a price makes it unknown', () => {
  expect(fold(opened(), result()).cost).toEqual({ usd: 0.5, known: true });
  expect(fold(opened(), result({ modelUsage: { m: { costBasis: 'unknown' } } })).cost).toEqual({
    usd: 0.5,
    known: false,
  });
});

test('a turn without an end is closed when the next one begins', () => {
  const lost = fold(opened(), text('A'), start(1, { type: 'text' }), delta(1, 'B'), prompt('p2'), init(), taken('p2'));
  expect(show(lost)).toEqual([['prompt:p1', 'text:A', 'end:lost'], ['prompt:p2']]);
});

test('finished turns keep their identity while the next one streams', () => {
  const first = fold(opened(), text('A'), result(), prompt('p2'), init(), taken('p2'));
  const streaming = fold(first, start(0, { type: 'text' }, 'm2'), delta(0, 'B', 'm2'));
  expect(streaming.turns[0]).toBe(first.turns[0]);
  const more = fold(streaming, delta(0, 'C', 'm2'));
  expect(more.turns[1]?.blocks[0]).toBe(streaming.turns[1]?.blocks[0]);
});

test('a mode of Colloquy’s own is shown by its own name', () => {
  expect(fold(EMPTY_VIEW, init({ colloquy_mode: 'readOnly' })).mode).toBe('readOnly');
  const changed = fold(
    opened(),
    told({ type: 'system', subtype: 'status', status: null, permissionMode: 'acceptEdits' }),
  );
  expect(changed.mode).toBe('acceptEdits');
});

test('messages of agents and of unknown types change nothing', () => {
  const view = opened();
  expect(fold(view, text('x', { parent_tool_use_id: 't9' }))).toEqual(view);
  expect(fold(view, told({ type: 'from_the_future' }))).toBe(view);
  expect(fold(view, told({ type: 'system', subtype: 'from_the_future' }))).toBe(view);
});

test('what a rewind has taken back is shown no longer', () => {
  const first = init();
  const second = init();
  const view = fold(
    EMPTY_VIEW,
    prompt('p1', 'one'),
    first,
    taken('p1'),
    result(),
    prompt('p2', 'two'),
    second,
    taken('p2'),
    result(),
  );
  expect(show(view)).toEqual([
    ['prompt:one', 'end:completed'],
    ['prompt:two', 'end:completed'],
  ]);
  const rewound = { type: 'system', subtype: 'conversation_rewound', prompt_uuid: 'p2', dropped_prompts: ['p2'] };
  expect(show(fold(view, told({ ...rewound, from_uuid: second.uuid })))).toEqual([['prompt:one', 'end:completed']]);
});
