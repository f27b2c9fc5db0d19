import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Entry, Fact, Input } from '../log/entries.ts';
import { foldHistory } from './fold-history.ts';
import { newHistory } from './request-history.ts';
import { requestBody, type RequestHead } from './to-model-request.ts';

const HEAD: RequestHead = {
  model: 'claude-opus-5-5',
  maxTokens: 100,
  system: ['{"type":"text","text":"Be brief."}'],
  tools: ['{"name":"Read"}'],
  extras: { thinking: undefined },
};

/** Numbers entries as a store would. */
function logOf(...facts: (Input | Fact)[]): Entry[] {
  return facts.map((fact, index) => ({
    v: 1,
    seq: index + 1,
    at: '2026-11-20T08:00:00.000Z',
    epoch: 1,
    thread: 'main',
    ...fact,
  }));
}

const prompt = (text: string): Input => ({
  kind: 'prompt',
  uuid: text,
  content: [{ type: 'text', text }],
  by: 'sdk',
  origin: null,
  priority: 'later',
  startsTurn: true,
});
const taken = (seq: number): Fact => ({ kind: 'prompt_taken', prompt: seq, turn: 't1' });
const request = (id: string): Fact => ({
  kind: 'model_request',
  request: id,
  attempt: 1,
  upTo: 0,
  maxTokens: 100,
  reservedUsd: 0,
});
const block = (id: string, index: number, value: unknown): Fact => ({
  kind: 'model_block',
  request: id,
  index,
  block: value,
});
const response = (id: string, stopReason: string): Fact => ({
  kind: 'model_response',
  request: id,
  messageId: `msg_${id}`,
  stopReason,
  stopDetails: null,
  usage: {},
  timings: {},
});
const result = (toolUseId: string, content: string): Fact => ({
  kind: 'tool_result',
  toolUseId,
  content,
  isError: false,
  outcome: 'done',
});
const text = (value: string) => ({ type: 'text', text: value });
const use = (id: string) => ({ type: 'tool_use', id, name: 'Read', input: {} });
const thinking = { type: 'thinking', thinking: 'Hm.', signature: 'sig' };

type Body = { system: object[]; messages: { role: string; content: { cache_control?: object }[] }[] };

function bodyAfter(entries: readonly Entry[]): Body {
  const history = newHistory();
  for (const entry of entries) foldHistory(history, entry);
  return JSON.parse(requestBody(history, HEAD));
}

const withoutMarkers = (body: Body): unknown =>
  JSON.parse(JSON.stringify(body.messages, (key, value: unknown) => (key === 'cache_control' ? undefined : value)));

const marks = (body: Body): string[] =>
  body.messages.flatMap(({ content }, message) =>
    content.flatMap((part, index) => (part.cache_control === undefined ? [] : [`${message}.${index}`])),
  );

describe('the model request', () => {
  test('holds results in the order of their calls, before what else was said', () => {
    const body = bodyAfter(
      logOf(
        prompt('Go'),
        taken(1),
        request('r1'),
        block('r1', 0, use('a')),
        block('r1', 1, use('b')),
        response('r1', 'tool_use'),
        { kind: 'context', role: 'user', content: [text('By the way')], source: 'hook' },
        result('b', 'B'),
        result('a', 'A'),
        request('r2'),
      ),
    );
    expect(withoutMarkers(body)).toEqual([
      { role: 'user', content: [text('Go')] },
      { role: 'assistant', content: [use('a'), use('b')] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: 'A' },
          { type: 'tool_result', tool_use_id: 'b', content: 'B' },
          text('By the way'),
        ],
      },
    ]);
  });

  test('marks the end of the system prompt, of the previous request and of this one', () => {
    const body = bodyAfter(
      logOf(
        prompt('One'),
        taken(1),
        request('r1'),
        block('r1', 0, text('1')),
        response('r1', 'end_turn'),
        prompt('Two'),
        taken(6),
        request('r2'),
      ),
    );
    expect(body.system.at(-1)).toHaveProperty('cache_control');
    expect(marks(body)).toEqual(['0.0', '2.0']);
  });

  test('never marks thinking, and never more than four places', () => {
    const uses = Array.from({ length: 40 }, (_, index) => use(`u${index}`));
    const body = bodyAfter(
      logOf(
        prompt('Go'),
        taken(1),
        request('r1'),
        block('r1', 0, thinking),
        ...uses.map((value, index) => block('r1', index + 1, value)),
        response('r1', 'tool_use'),
        ...uses.map(({ id }) => result(id, 'x')),
        request('r2'),
      ),
    );
    expect(marks(body)).toHaveLength(3);
    expect(marks(body)).not.toContain('1.0');
  });

  test('leaves out a broken answer, an empty one, and a refused turn', () => {
    const body = bodyAfter(
      logOf(
        prompt('One'),
        { kind: 'turn_start', turn: 't1', init: {} },
        taken(1),
        request('r1'),
        block('r1', 0, text('lost')),
        { kind: 'model_error', request: 'r1', error: {}, next: 'retrying', discards: [5] },
        request('r1'),
        block('r1', 0, text('kept')),
        response('r1', 'end_turn'),
        prompt('Two'),
        { kind: 'turn_start', turn: 't2', init: {} },
        taken(10),
        request('r2'),
        block('r2', 0, text('No.')),
        response('r2', 'refusal'),
        prompt('Three'),
        { kind: 'turn_start', turn: 't3', init: {} },
        taken(16),
        request('r3'),
      ),
    );
    expect(withoutMarkers(body)).toEqual([
      { role: 'user', content: [text('One')] },
      { role: 'assistant', content: [text('kept')] },
      { role: 'user', content: [text('Three')] },
    ]);
  });

  test('drops older thinking when a new segment begins', () => {
    const body = bodyAfter(
      logOf(
        prompt('One'),
        taken(1),
        request('r1'),
        block('r1', 0, thinking),
        block('r1', 1, text('1')),
        response('r1', 'end_turn'),
        prompt('Two'),
        taken(7),
        { kind: 'segment', reason: 'model', model: 'm', toolset: 'claude_code', system: [], tools: [], keepFrom: 1 },
        request('r2'),
      ),
    );
    expect(withoutMarkers(body)).toEqual([
      { role: 'user', content: [text('One')] },
      { role: 'assistant', content: [text('1')] },
      { role: 'user', content: [text('Two')] },
    ]);
  });

  test('keeps the results of an interrupted turn when the turn after it is refused', () => {
    const body = bodyAfter(
      logOf(
        prompt('One'),
        { kind: 'turn_start', turn: 't1', init: {} },
        taken(1),
        request('r1'),
        block('r1', 0, use('a')),
        response('r1', 'tool_use'),
        result('a', 'interrupted'),
        { kind: 'turn_end', turn: 't1', reason: 'aborted_tools', result: {} },
        prompt('Two'),
        { kind: 'turn_start', turn: 't2', init: {} },
        taken(9),
        request('r2'),
        response('r2', 'refusal'),
        prompt('Three'),
        { kind: 'turn_start', turn: 't3', init: {} },
        taken(14),
        request('r3'),
      ),
    );
    expect(withoutMarkers(body)).toEqual([
      { role: 'user', content: [text('One')] },
      { role: 'assistant', content: [use('a')] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'interrupted' }, text('Three')] },
    ]);
    expect(marks(body)).toEqual(['0.0', '2.1']);
  });

  test('holds nothing that the API would refuse: blank text, markers of others, failures with more than text', () => {
    const image = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } };
    const marked = { ...text('Go'), cache_control: { type: 'ephemeral' } };
    const history = newHistory();
    const log = logOf(
      { ...prompt('Go'), content: [marked] } as Input,
      taken(1),
      request('r1'),
      block('r1', 0, text('\n\n')),
      block('r1', 1, use('a')),
      block('r1', 2, use('b')),
      response('r1', 'tool_use'),
      { kind: 'tool_result', toolUseId: 'a', content: [image, text(' ')], isError: true, outcome: 'done' },
      result('b', ' \n'),
      request('r2'),
    );
    for (const entry of log) foldHistory(history, entry);
    const body: Body = JSON.parse(requestBody(history, HEAD));
    expect(marks(body)).toEqual(['0.0', '2.1']);
    expect(withoutMarkers(body)).toEqual([
      { role: 'user', content: [text('Go')] },
      { role: 'assistant', content: [use('a'), use('b')] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: [text(expect.stringContaining('image'))], is_error: true },
          { type: 'tool_result', tool_use_id: 'b' },
        ],
      },
    ]);
  });

  test('leaves out what was refused for good once it is refused again with the next prompt, and keeps the calls answered', () => {
    const refused = (id: string, next: 'terminal' | 'retrying'): Fact => ({
      kind: 'model_error',
      request: id,
      error: { status: 400 },
      next,
      discards: [],
    });
    const log = logOf(
      prompt('One'),
      taken(1),
      request('r1'),
      block('r1', 0, use('a')),
      response('r1', 'tool_use'),
      result('a', 'a picture that cannot be read'),
      request('r2'),
      refused('r2', 'terminal'),
      prompt('Two'),
      taken(9),
      request('r3'),
      refused('r3', 'retrying'),
      request('r3'),
    );
    const sent = (upTo: number) => withoutMarkers(bodyAfter(log.slice(0, upTo))) as { content: unknown[] }[];
    expect(sent(11).map(({ content }) => content.length)).toEqual([1, 1, 1, 1]);
    expect(sent(13)).toEqual([
      { role: 'user', content: [text('One')] },
      { role: 'assistant', content: [use('a')] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: expect.stringContaining('left out'), is_error: true },
          text('Two'),
        ],
      },
    ]);
  });

  test('begins, marker for marker apart, with the request before it, however the log goes on', () => {
    const turn = fc.array(fc.record({ calls: fc.integer({ min: 0, max: 30 }), words: fc.string({ minLength: 1 }) }), {
      minLength: 2,
      maxLength: 6,
    });
    fc.assert(
      fc.property(turn, (turns) => {
        const history = newHistory();
        let before: unknown[] = [];
        let seq = 0;
        const fold = (fact: Input | Fact): void => {
          seq += 1;
          foldHistory(history, { v: 1, seq, at: '', epoch: 1, thread: 'main', ...fact });
        };
        turns.forEach(({ calls, words }, number) => {
          fold(prompt(words));
          fold(taken(seq));
          fold(request(`r${number}`));
          const body: Body = JSON.parse(requestBody(history, HEAD));
          expect(marks(body).length).toBeLessThanOrEqual(3);
          const messages = withoutMarkers(body) as unknown[];
          expect(messages.slice(0, before.length)).toEqual(before);
          before = messages;
          fold(block(`r${number}`, 0, text('x')));
          for (let call = 0; call < calls; call += 1) fold(block(`r${number}`, call + 1, use(`c${number}.${call}`)));
          fold(response(`r${number}`, calls > 0 ? 'tool_use' : 'end_turn'));
          for (let call = 0; call < calls; call += 1) fold(result(`c${number}.${call}`, 'ok'));
        });
      }),
      { numRuns: 50 },
    );
  });
});
