import { expect, onTestFinished, test, vi } from 'vitest';
import { createEmulator, cut, emit, paced, rateLimited, stall, text, thinking, toolUse, toolUses } from './index.ts';
import { ask, askStream, bodyOf, eventsOf, jsonOfBody, post, said, streamedText, textOfBody } from './testing/ask.ts';

test('streams a text as the API does: event by event, usage at the start and in total at the end', async () => {
  const emulator = createEmulator({ script: [text('Hello there.')] });
  expect(await askStream(emulator)).toMatchInlineSnapshot(`
    [
      {
        "message": {
          "container": null,
          "content": [],
          "diagnostics": null,
          "id": "msg_0136tjzcvx3b05cg0t0r3b8y",
          "model": "claude-opus-5-5",
          "role": "assistant",
          "stop_details": null,
          "stop_reason": null,
          "stop_sequence": null,
          "type": "message",
          "usage": {
            "cache_creation": {
              "ephemeral_1h_input_tokens": 0,
              "ephemeral_5m_input_tokens": 0,
            },
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "inference_geo": null,
            "input_tokens": 2,
            "output_tokens": 1,
            "output_tokens_details": {
              "thinking_tokens": 0,
            },
            "server_tool_use": null,
            "service_tier": "standard",
            "speed": null,
          },
        },
        "type": "message_start",
      },
      {
        "content_block": {
          "text": "",
          "type": "text",
        },
        "index": 0,
        "type": "content_block_start",
      },
      {
        "type": "ping",
      },
      {
        "delta": {
          "text": "Hello ",
          "type": "text_delta",
        },
        "index": 0,
        "type": "content_block_delta",
      },
      {
        "delta": {
          "text": "there.",
          "type": "text_delta",
        },
        "index": 0,
        "type": "content_block_delta",
      },
      {
        "index": 0,
        "type": "content_block_stop",
      },
      {
        "delta": {
          "container": null,
          "stop_details": null,
          "stop_reason": "end_turn",
          "stop_sequence": null,
        },
        "type": "message_delta",
        "usage": {
          "cache_creation_input_tokens": 0,
          "cache_read_input_tokens": 0,
          "input_tokens": 2,
          "output_tokens": 3,
          "output_tokens_details": {
            "thinking_tokens": 0,
          },
          "server_tool_use": null,
        },
      },
      {
        "type": "message_stop",
      },
    ]
  `);
});

test('gives the same message with and without streaming', async () => {
  const script = [thinking('Let me see.', toolUses([{ name: 'Bash', input: { command: 'ls "é"\n' } }]))];
  const fields = { model: 'claude-sonnet-5-5' };
  const whole = await ask(createEmulator({ script }), fields);
  const events = await askStream(createEmulator({ script }), fields);
  const json = events.map(({ delta }) => (delta as { partial_json?: string } | undefined)?.partial_json ?? '').join('');
  expect(whole.content).toEqual([
    { type: 'thinking', thinking: 'Let me see.', signature: expect.stringMatching(/^[\w+/=]{80,}$/) },
    { type: 'tool_use', id: expect.stringMatching(/^toolu_01\w{22}$/), name: 'Bash', input: { command: 'ls "é"\n' } },
  ]);
  expect(JSON.parse(json)).toEqual({ command: 'ls "é"\n' });
  expect(events).toContainEqual(
    expect.objectContaining({ delta: { type: 'signature_delta', signature: whole.content[0]?.signature } }),
  );
  expect(events.at(-2)).toMatchObject({ type: 'message_delta', delta: { stop_reason: 'tool_use' } });
});

test('makes the same ids for the same requests, and other ones for another seed', async () => {
  const script = [toolUse('Bash'), toolUse('Bash')];
  const idsOf = async (seed: number): Promise<unknown[]> => {
    const emulator = createEmulator({ script, seed });
    return [await ask(emulator), await ask(emulator)].flatMap(({ id, content }) => [id, content[0]?.id]);
  };
  const first = await idsOf(1);
  expect(await idsOf(1)).toEqual(first);
  expect(await idsOf(2)).not.toEqual(first);
  expect(new Set(first).size).toBe(4);
});

test('makes tool ids that a conversation from an earlier process does not hold yet', async () => {
  const ids = [];
  const messages: unknown[] = [{ role: 'user', content: 'Go' }];
  for (let turn = 0; turn < 3; turn += 1) {
    const answer = await ask(createEmulator({ script: [toolUse('Bash')] }), { messages });
    const id = answer.content[0]?.id;
    ids.push(id);
    messages.push({ role: 'assistant', content: answer.content });
    messages.push({ role: 'user', content: [{ type: 'tool_result', tool_use_id: id }] });
  }
  expect(new Set(ids).size).toBe(3);
});

test('takes replies from the script in order, then answers by itself', async () => {
  const emulator = createEmulator({ script: [text('One')] });
  emulator.script(text('Two'));
  expect([said(await ask(emulator)), said(await ask(emulator))]).toEqual(['One', 'Two']);
  expect(said(await ask(emulator))).toContain('Simulated answer');
});

test('lets a function make the reply of the request, and tells what it threw', async () => {
  const emulator = createEmulator({
    script: [
      (request) => text(`You use ${request.model}`),
      () => {
        throw new Error('no such case');
      },
    ],
  });
  expect(said(await ask(emulator))).toBe('You use claude-opus-5-5');
  const failed = await post(emulator, bodyOf());
  expect([failed.status, await textOfBody(failed)]).toEqual([400, expect.stringContaining('no such case')]);
});

test('mistakes of a test are told to it, with a status that no client retries', async () => {
  // As a test that is not compiled may write them.
  expect(() => createEmulator({ script: [text('Hi'), 'Hi' as never] })).toThrow('Reply 2 of the script is none');
  expect(() => createEmulator().script({ type: 'message' } as never)).toThrow('Reply 1 of the script is none');
  const when = (): boolean => {
    throw new Error('no such field');
  };
  const emulator = createEmulator({
    script: [() => undefined as never],
    scenario: { replies: [{ when, text: 'Hi' }] },
  });
  for (const problem of ['returned what is no reply', 'a condition of the scenario threw: Error: no such field']) {
    const failed = await post(emulator, bodyOf());
    expect([failed.status, await textOfBody(failed)]).toEqual([400, expect.stringContaining(problem)]);
  }
});

test('a function that never answers holds its request no longer than the client waits', async () => {
  const emulator = createEmulator({ script: [() => new Promise(() => undefined)] });
  const client = new AbortController();
  const asking = post(emulator, bodyOf(), { signal: client.signal });
  await emulator.nextRequest();
  client.abort(new Error('left'));
  await expect(asking).rejects.toThrow('left');
  await emulator.idle();
  expect(emulator.requests[0]).toMatchObject({ state: 'aborted', aborted: true });
});

test('a refused request takes nothing from the script', async () => {
  const emulator = createEmulator({ script: [text('Still here')] });
  expect((await post(emulator, bodyOf({ messages: [] }))).status).toBe(400);
  expect(said(await ask(emulator))).toBe('Still here');
});

test('ends a message at max_tokens, four bytes to the token, inside a tool call too', async () => {
  const emulator = createEmulator({ script: [text('1234 6789'), toolUse('Bash', { command: 'echo a long line' })] });
  const short = await ask(emulator, { max_tokens: 2 });
  expect(short).toMatchObject({
    content: [{ text: '1234 678' }],
    stop_reason: 'max_tokens',
    usage: { output_tokens: 2 },
  });
  const events = await askStream(emulator, { max_tokens: 5 });
  expect(events.map(({ delta }) => (delta as { partial_json?: string } | undefined)?.partial_json ?? '').join('')).toBe(
    '{"command":"echo a l',
  );
  expect(await ask(emulator, { max_tokens: 0 })).toMatchObject({ content: [], stop_reason: 'max_tokens' });
});

test('shows thinking as the model and the request want it, and none where it is turned off', async () => {
  const script = [thinking('Secret.', text('Hi'))];
  const blocks = async (fields: Record<string, unknown>): Promise<unknown[]> =>
    (await ask(createEmulator({ script }), fields)).content.map((block) => block.thinking ?? block.text);
  expect(await blocks({ model: 'claude-opus-5-5' })).toEqual(['', 'Hi']);
  expect(await blocks({ thinking: { type: 'adaptive', display: 'summarized' } })).toEqual(['Secret.', 'Hi']);
  expect(await blocks({ model: 'claude-fable-5-2' })).toEqual(['Secret.', 'Hi']);
  expect(await blocks({ model: 'claude-haiku-4-5' })).toEqual(['Hi']);
  expect(await blocks({ model: 'claude-sonnet-5', thinking: { type: 'disabled' } })).toEqual(['Hi']);
});

test('answers an error with the body, the request id and the headers of the API', async () => {
  const emulator = createEmulator({ script: [rateLimited({ retryAfterSeconds: 30 })] });
  const response = await post(emulator, bodyOf());
  const body = await jsonOfBody(response);
  expect(response).toMatchObject({ status: 429, headers: { 'retry-after': '30', 'content-type': 'application/json' } });
  expect(body).toEqual({
    type: 'error',
    error: { type: 'rate_limit_error', message: expect.any(String) },
    request_id: response.headers['request-id'],
  });
  expect(body.request_id).toMatch(/^req_01\w{22}$/);
});

test('records every request with its body, its answer and its end', async () => {
  const emulator = createEmulator({ script: [text('Hi'), stall()] });
  await ask(emulator);
  await post(emulator, 'no json');
  const leave = new AbortController();
  const stalled = await post(emulator, bodyOf({ stream: true }), { signal: leave.signal });
  const reading = textOfBody(stalled);
  leave.abort(new Error('enough'));
  await expect(reading).rejects.toThrow('enough');
  await emulator.idle();
  expect(emulator.requests.map(({ path, status, state, aborted }) => [path, status, state, aborted])).toEqual([
    ['/v1/messages', 200, 'answered', false],
    ['/v1/messages', 400, 'answered', false],
    ['/v1/messages', 200, 'aborted', true],
  ]);
  expect(emulator.requests[0]?.body.messages).toEqual([{ role: 'user', content: 'Hello' }]);
  expect(emulator.requests[0]).toMatchObject({ method: 'POST', messages: [{ content: 'Hello' }] });
});

test('nextRequest gives the requests one by one, those that came before the call too', async () => {
  const emulator = createEmulator();
  const first = emulator.nextRequest();
  await ask(emulator, { max_tokens: 1 });
  await ask(emulator, { max_tokens: 2 });
  expect((await first).body.max_tokens).toBe(1);
  expect((await emulator.nextRequest()).body.max_tokens).toBe(2);
  await expect(emulator.nextRequest({ timeoutMs: 1 })).rejects.toThrow('waited 1 ms for request 3');
  await expect(emulator.nextRequest({ signal: AbortSignal.abort(new Error('left')) })).rejects.toThrow('left');
});

test('idle says so when a stream is still open', async () => {
  const emulator = createEmulator({ script: [stall()] });
  const open = await post(emulator, bodyOf({ stream: true }));
  await expect(emulator.idle({ timeoutMs: 1 })).rejects.toThrow('waited 1 ms for the answers under way to end');
  await open.body[Symbol.asyncIterator]().return?.();
  await emulator.idle();
  expect(emulator.requests[0]?.aborted).toBe(true);
});

test('paces the deltas of many streams by the clock, and holds no timer afterwards', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const emulator = createEmulator({ gapMs: 100, script: [text('a b c'), paced(10, text('d e')), emit(3)] });
  const streams = [askStream(emulator), askStream(emulator), askStream(emulator)];
  const arrived: string[] = [];
  for (const [index, stream] of streams.entries())
    void stream.then(() => arrived.push(`${index} at ${Date.now() - start}`));
  const start = Date.now();
  await vi.advanceTimersByTimeAsync(9);
  expect(arrived).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(arrived).toEqual(['1 at 10']);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(190);
  expect(arrived).toEqual(['1 at 10', '0 at 200', '2 at 200']);
  expect(vi.getTimerCount()).toBe(0);
});

test('gives a late reader the missed deltas in one chunk', async () => {
  let now = 0;
  const clock = { now: () => now, sleep: () => Promise.reject(new Error('nobody should sleep')) };
  const emulator = createEmulator({ clock, script: [emit(100, { gapMs: 10 })] });
  const body = (await post(emulator, bodyOf({ stream: true }))).body[Symbol.asyncIterator]();
  const first = await body.next();
  now = 10_000;
  const second = await body.next();
  expect(
    [first, second].map(({ value }) => String(Buffer.from(value as Uint8Array)).split('text_delta').length - 1),
  ).toEqual([1, 99]);
  expect(await body.next()).toEqual({ done: true, value: undefined });
});

test('sends 20,000 deltas in few chunks, in order', async () => {
  const emulator = createEmulator({ script: [emit(20_000)] });
  const response = await post(emulator, bodyOf({ stream: true, max_tokens: 128_000 }));
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  expect(chunks.length).toBeLessThan(60);
  const words = streamedText(eventsOf(Buffer.concat(chunks).toString('utf8'))).split(' ');
  expect(words).toEqual(Array.from({ length: 20_000 }, (_, index) => String(index + 1)));
});

test('counts a reader who leaves after the last byte as answered, and one who leaves before as aborted', async () => {
  const emulator = createEmulator({ script: [text('Hi'), paced(1000, text('Hi there'))] });
  for (let request = 0; request < 2; request += 1) {
    const body = (await post(emulator, bodyOf({ stream: true }))).body[Symbol.asyncIterator]();
    await body.next();
    await body.return?.();
  }
  expect(emulator.requests.map(({ state }) => state)).toEqual(['answered', 'aborted']);
});

test('ends a pending read when the reader leaves', async () => {
  const emulator = createEmulator({ script: [stall({ afterEvents: 0 })] });
  const body = (await post(emulator, bodyOf({ stream: true }))).body[Symbol.asyncIterator]();
  const pending = body.next();
  await body.return?.();
  expect(await pending).toEqual({ done: true, value: undefined });
});

test('refuses to begin, and to go on, once the signal is aborted', async () => {
  const emulator = createEmulator({ script: [cut({ afterEvents: 100 })] });
  const reason = new Error('stop');
  await expect(post(emulator, bodyOf(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const leave = new AbortController();
  const response = await post(emulator, bodyOf({ stream: true }), { signal: leave.signal });
  leave.abort(reason);
  await expect(textOfBody(response)).rejects.toBe(reason);
  expect(emulator.requests.map(({ aborted }) => aborted)).toEqual([true]);
});

test.each([-1, Number.NaN, Infinity])('refuses a pace of %d', (gapMs) => {
  expect(() => createEmulator({ gapMs })).toThrow(`gapMs must be a number of at least 0, not ${gapMs}`);
});
