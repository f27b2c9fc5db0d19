import type { SDKMessage } from 'colloquy';
import { expect, test } from 'vitest';
import { TextOutput } from './text-output.ts';

const common = {
  uuid: '00000000-0000-4000-8000-000000000000',
  session_id: '00000000-0000-4000-8000-000000000001',
} as const;
const usage = { input_tokens: 1, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };

type Content = Extract<SDKMessage, { type: 'assistant' }>['message']['content'];

function delta(text: string, parent: string | null = null): SDKMessage {
  const event = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } } as const;
  return { ...common, type: 'stream_event', event, parent_tool_use_id: parent };
}

function assistant(content: Content, extra: { error?: 'overloaded' } = {}): SDKMessage {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', stop_sequence: null, usage } as const;
  return {
    ...common,
    ...extra,
    type: 'assistant',
    message: { ...message, content, stop_reason: null },
    parent_tool_use_id: null,
  };
}

function toolResult(content: string, isError: boolean): SDKMessage {
  const block = { type: 'tool_result', tool_use_id: 'toolu_1', content, is_error: isError } as const;
  return { ...common, type: 'user', message: { role: 'user', content: [block] }, parent_tool_use_id: null };
}

function result(fields: object): SDKMessage {
  // Only the fields that the output reads are of interest here.
  const message: object = { ...common, type: 'result', subtype: 'success', is_error: false, result: '', ...fields };
  return message as SDKMessage;
}

/** Everything shown, in order: the answer as it is, notes in brackets. */
function shown(...messages: SDKMessage[]): string {
  let all = '';
  const output = new TextOutput({ answer: (text) => (all += text), note: (line) => (all += `[${line}]\n`) });
  for (const message of messages) output.show(message);
  return all;
}

test('the answer is shown as it streams, once, and ends its line', () => {
  expect(
    shown(delta('Hel'), delta('lo'), assistant([{ type: 'text', text: 'Hello' }]), result({ result: 'Hello' })),
  ).toBe('Hello\n');
});

test('an answer that was not streamed is shown when it is whole', () => {
  expect(shown(assistant([{ type: 'text', text: 'Hello' }]), result({}))).toBe('Hello\n');
});

test('tool calls stand between the paragraphs of the answer, failures below them', () => {
  const call = { type: 'tool_use', id: 'toolu_1', name: 'Read', input: { file_path: 'gone.txt' } } as const;
  expect(
    shown(
      delta('Looking.'),
      assistant([{ type: 'text', text: 'Looking.' }]),
      assistant([call]),
      toolResult('ENOENT: no such file', true),
      delta('It is gone.'),
      assistant([{ type: 'text', text: 'It is gone.' }]),
      result({}),
    ),
  ).toBe('Looking.\n[· Read gone.txt]\n[  ✗ ENOENT: no such file]\n\nIt is gone.\n');
});

test('a retry is told, and the answer begins anew on its own line', () => {
  const retry: SDKMessage = {
    ...common,
    type: 'system',
    subtype: 'api_retry',
    attempt: 1,
    max_retries: 10,
    retry_delay_ms: 600,
    error_status: 529,
    error: 'overloaded',
  };
  expect(shown(delta('Hel'), retry, delta('Hello'), assistant([{ type: 'text', text: 'Hello' }]), result({}))).toBe(
    'Hel\n[The API answered 529 (overloaded); trying again in 1 s, 1 of 10]\n\nHello\n',
  );
});

test('an API error is told once, as a note', () => {
  const text = 'API Error: 529 overloaded';
  expect(
    shown(assistant([{ type: 'text', text }], { error: 'overloaded' }), result({ is_error: true, result: text })),
  ).toBe(`[${text}]\n`);
});

test.each([
  [
    { subtype: 'error_max_turns', is_error: true, errors: ['Reached 2 turns'] },
    '[Stopped at --max-turns. Reached 2 turns]\n',
  ],
  [{ subtype: 'error_max_budget_usd', is_error: true, errors: [] }, '[Stopped at --max-budget-usd.]\n'],
  [{ subtype: 'error_during_execution', is_error: true, errors: ['Took longer'] }, '[The turn failed. Took longer]\n'],
  [
    { subtype: 'error_during_execution', is_error: true, errors: [], terminal_reason: 'aborted_tools' },
    '[Interrupted.]\n',
  ],
])('the end is told when it is not a good one: %o', (fields, expected) => {
  expect(shown(result(fields))).toBe(expected);
});

test('what subagents say is left out', () => {
  expect(shown(delta('inner', 'toolu_1'), result({}))).toBe('');
});

test('two turns begin without an empty line between nothing', () => {
  const turn = [delta('One'), assistant([{ type: 'text', text: 'One' }]), result({})];
  expect(shown(...turn, ...turn)).toBe('One\nOne\n');
});
