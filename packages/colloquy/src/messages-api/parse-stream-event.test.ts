import { expect, test } from 'vitest';
import { parseStreamEvent } from './parse-stream-event.ts';

test.each([
  { type: 'ping' },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: '' } },
  { type: 'content_block_start', index: 3, content_block: { type: 'web_search_tool_result', content: [] } },
  { type: 'message_delta', delta: {}, usage: null },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
  { type: 'tomorrow', anything: [1] },
])('%j passes as it came', (event) => {
  expect(parseStreamEvent(JSON.stringify(event), 'req_1')).toEqual(event);
});

test.each([
  ['{"type":"ping"', /^.*the data of an event is not JSON: \{"type":"ping"$/],
  ['[DONE]', /the data of an event is not JSON: \[DONE\]$/],
  ['null', /an event is not an object with a type$/],
  ['[]', /an event is not an object with a type$/],
  ['{"type":5}', /an event is not an object with a type$/],
  ['{"type":"message_start"}', /message_start has no message$/],
  ['{"type":"message_start","message":{"id":"m","model":"x","content":[]}}', /message_start has no usage$/],
  ['{"type":"message_start","message":{"id":"m","model":"x","usage":{}}}', /message_start has no content$/],
  ['{"type":"message_start","message":{"content":[],"usage":{}}}', /message_start has no id or no model$/],
  ['{"type":"content_block_start","index":0}', /content_block_start has no block with a type$/],
  ['{"type":"content_block_start","content_block":{"type":"text","text":""}}', /content_block_start has no index$/],
  ['{"type":"content_block_start","index":-1,"content_block":{"type":"x"}}', /content_block_start has no index$/],
  ['{"type":"content_block_start","index":0,"content_block":{"type":"text"}}', /has a text block without text$/],
  ['{"type":"content_block_start","index":0,"content_block":{"type":"thinking"}}', /thinking block without thinking$/],
  [
    '{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"","name":"a"}}',
    /tool_use block without id or name$/,
  ],
  ['{"type":"content_block_delta","index":0}', /has no delta with a type$/],
  ['{"type":"content_block_delta","index":0,"delta":{"type":"text_delta"}}', /has a delta without text$/],
  ['{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta"}}', /has a delta without thinking$/],
  ['{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta"}}', /has a delta without signature$/],
  [
    '{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":{}}}',
    /has a delta without partial_json$/,
  ],
  ['{"type":"content_block_stop","index":"0"}', /content_block_stop has no index$/],
  ['{"type":"message_delta"}', /message_delta has no delta$/],
  ['{"type":"message_delta","delta":{},"usage":5}', /message_delta has a usage that is not an object$/],
  [
    '{"type":"message_delta","delta":{},"usage":{"output_tokens":1e308}}',
    /has a usage whose output_tokens is no count$/,
  ],
  ['{"type":"message_delta","delta":{},"usage":{"input_tokens":-1}}', /has a usage whose input_tokens is no count$/],
  [
    '{"type":"message_delta","delta":{},"usage":{"server_tool_use":{"web_search_requests":"1"}}}',
    /no object of counts$/,
  ],
  ['{"type":"message_delta","delta":{"stop_reason":{}}}', /has a stop reason that is no text$/],
  [
    '{"type":"message_start","message":{"id":"m","model":"x","content":[],"usage":{"input_tokens":"5"}}}',
    /message_start has a usage whose input_tokens is no count$/,
  ],
])('%s breaks the protocol', (data, message) => {
  expect(() => parseStreamEvent(data, 'req_1')).toThrow(
    expect.objectContaining({ type: 'invalid_stream', requestId: 'req_1' }),
  );
  expect(() => parseStreamEvent(data, 'req_1')).toThrow(message);
});

test('an error event throws the error it names', () => {
  const data = JSON.stringify({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } });
  expect(() => parseStreamEvent(data, 'req_1')).toThrow(
    expect.objectContaining({ status: undefined, type: 'overloaded_error', requestId: 'req_1' }),
  );
});
