// The official client on every endpoint besides the plain messages.
import Anthropic, { toFile } from '@anthropic-ai/sdk';
import { expect, test } from 'vitest';
import { manualClock, status, text } from '@colloquy/emulator';
import { caught, connected, connectedTo, fields } from './connected.ts';

test('lists models page by page, newest first, and shows one', async () => {
  await using on = await connected();
  const found: string[] = [];
  for await (const model of on.client.models.list({ limit: 5 })) found.push(model.id);
  expect(found).toContain('claude-haiku-4-5-20251001');
  expect([found[0], new Set(found).size]).toEqual(['claude-fable-5-2', found.length]);
  expect(await on.client.models.retrieve('claude-opus-5-5')).toMatchObject({
    type: 'model',
    display_name: 'Claude Opus 5.5',
    max_input_tokens: 1_000_000,
    max_tokens: 128_000,
    capabilities: { thinking: { types: { adaptive: { supported: true }, disabled: { supported: false } } } },
  });
  expect(await caught(on.client.models.retrieve('claude-9'))).toBeInstanceOf(Anthropic.NotFoundError);
});

test('lists models by lifecycle, and backwards', async () => {
  await using on = await connected();
  const leaving = await on.client.models.list({ lifecycle: ['deprecated'] });
  expect(leaving.data.map(({ id }) => id)).toEqual(['claude-sonnet-4-5-20250929']);
  const before = await on.client.beta.models.list({ before_id: 'claude-opus-5-5', limit: 2 });
  expect([before.data.length, before.last_id, before.has_more]).toEqual([2, 'claude-sonnet-5-5', true]);
});

test('counts tokens, in the beta too', async () => {
  await using on = await connected();
  const { model, messages } = fields();
  const asked = { model, messages, system: '1234' };
  expect(await on.client.messages.countTokens(asked)).toEqual({ input_tokens: 3 });
  expect(await on.client.beta.messages.countTokens(asked)).toEqual({ input_tokens: 3 });
});

test('a beta message names its betas, and unknown ones are refused', async () => {
  await using on = await connected(text('Hi'));
  const betas = ['context-1m-2025-08-07'];
  expect(await on.client.beta.messages.create({ ...fields(), betas })).toMatchObject({ content: [{ text: 'Hi' }] });
  const error = await caught(on.client.beta.messages.create({ ...fields(), betas: ['time-travel-2027-01-01'] }));
  expect(error).toBeInstanceOf(Anthropic.BadRequestError);
});

test('files are uploaded, listed, used, and deleted', async () => {
  await using on = await connected(text('A nice file.'));
  const ids: string[] = [];
  for (const name of ['a.txt', 'b.txt', 'c.txt']) {
    const file = await toFile(Buffer.from(`I am ${name}`), name, { type: 'text/plain' });
    const kept = await on.client.files.upload({ file, expires_in_seconds: 3600 });
    expect(kept).toMatchObject({ filename: name, mime_type: 'text/plain', size_bytes: 10, downloadable: false });
    expect(await on.client.files.retrieveMetadata(kept.id)).toEqual(kept);
    ids.unshift(kept.id);
  }
  const listed: string[] = [];
  for await (const file of on.client.files.list({ limit: 2 })) listed.push(file.id);
  expect(listed).toEqual(ids);
  expect((await on.client.beta.files.list({ ids: ids.slice(0, 1) })).data.map(({ id }) => id)).toEqual(ids.slice(0, 1));
  const source = { type: 'file' as const, file_id: ids[0] ?? '' };
  const answer = await on.client.messages.create(
    fields({ messages: [{ role: 'user', content: [{ type: 'document', source }] }] }),
  );
  expect(answer.content).toMatchObject([{ text: 'A nice file.' }]);
  expect(await on.client.files.delete(ids[0] ?? '')).toEqual({ id: ids[0], type: 'file_deleted' });
  expect(await caught(on.client.files.retrieveMetadata(ids[0] ?? ''))).toBeInstanceOf(Anthropic.NotFoundError);
});

test('a file that a tool made is downloaded byte for byte', async () => {
  await using on = await connected();
  const content = Uint8Array.from({ length: 70_000 }, (_, index) => index % 256);
  const { id } = on.emulator.addFile({ filename: 'plot.png', mimeType: 'image/png', content });
  const response = await on.client.files.download(id);
  expect([response.headers.get('content-type'), new Uint8Array(await response.arrayBuffer())]).toEqual([
    'image/png',
    content,
  ]);
});

test('a batch is made, watched, and read line by line', async () => {
  const clock = manualClock();
  const script = [text('One'), status(500), text('Three')];
  await using on = await connectedTo({ clock, script, batchRequestMs: 1000 });
  const { model, max_tokens, messages } = fields();
  const requests = ['a', 'b', 'c', 'd'].map((custom_id) => ({ custom_id, params: { model, max_tokens, messages } }));
  const made = await on.client.messages.batches.create({ requests });
  expect(made.processing_status).toBe('in_progress');
  expect(await caught(on.client.messages.batches.results(made.id))).toBeInstanceOf(Anthropic.AnthropicError);
  await clock.advance(2500);
  expect((await on.client.messages.batches.cancel(made.id)).processing_status).toBe('canceling');
  await clock.advance(500);
  const ended = await on.client.messages.batches.retrieve(made.id);
  expect(ended).toMatchObject({
    processing_status: 'ended',
    request_counts: { processing: 0, succeeded: 2, errored: 1, canceled: 1, expired: 0 },
  });
  const results = new Map<string, unknown>();
  for await (const { custom_id, result } of await on.client.messages.batches.results(made.id)) {
    results.set(custom_id, result.type === 'succeeded' ? result.message.content : result.type);
  }
  expect(Object.fromEntries(results)).toEqual({
    a: [{ type: 'text', text: 'One' }],
    b: 'errored',
    c: [{ type: 'text', text: 'Three' }],
    d: 'canceled',
  });
  expect(await on.client.messages.batches.delete(made.id)).toEqual({ id: made.id, type: 'message_batch_deleted' });
});

test('batches are listed page by page, in the beta too', async () => {
  await using on = await connected();
  const { model, max_tokens, messages } = fields();
  const ids: string[] = [];
  for (let made = 0; made < 3; made += 1) {
    const requests = [{ custom_id: 'only', params: { model, max_tokens, messages } }];
    ids.unshift((await on.client.beta.messages.batches.create({ requests })).id);
  }
  const listed: string[] = [];
  for await (const batch of on.client.messages.batches.list({ limit: 2 })) listed.push(batch.id);
  expect(listed).toEqual(ids);
  for await (const { result } of await on.client.beta.messages.batches.results(ids[0] ?? '')) {
    expect(result.type).toBe('succeeded');
  }
});

test('a request that expires says so', async () => {
  const clock = manualClock();
  await using on = await connectedTo({ clock, batchRequestMs: 25 * 3_600_000 });
  const { model, max_tokens, messages } = fields();
  const requests = [{ custom_id: 'slow', params: { model, max_tokens, messages } }];
  const { id } = await on.client.messages.batches.create({ requests });
  await clock.advance(24 * 3_600_000);
  const results = [];
  for await (const line of await on.client.messages.batches.results(id)) results.push(line);
  expect(results).toEqual([{ custom_id: 'slow', result: { type: 'expired' } }]);
});

test('what belongs to a workspace is found there only', async () => {
  await using on = await connected();
  const file = await toFile(Buffer.from('x'), 'x.txt');
  const kept = await on.client.files.upload({ file, workspace_id: 'wrkspc_a' });
  expect((await on.client.files.list({ workspace_id: 'wrkspc_a' })).data).toMatchObject([{ id: kept.id }]);
  expect((await on.client.files.list()).data).toEqual([]);
});
