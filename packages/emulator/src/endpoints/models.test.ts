import { expect, test } from 'vitest';
import { createEmulator } from '../index.ts';
import { get, jsonOfBody } from '../testing/ask.ts';

type Page = { data: { id: string; lifecycle: string }[]; has_more: boolean; first_id: string; last_id: string };

const list = async (query: string): Promise<Page> => jsonOfBody(await get(createEmulator(), `/v1/models${query}`));
const refusal = async (query: string): Promise<unknown> => {
  const response = await get(createEmulator(), `/v1/models${query}`);
  const { error } = await jsonOfBody<{ error: { message: string } }>(response);
  return [response.status, error.message];
};

test('pages forwards and backwards, and says where the page lies', async () => {
  const all = await list('');
  const ids = all.data.map(({ id }) => id);
  expect(all).toMatchObject({ has_more: false, first_id: 'claude-fable-5-2', last_id: ids.at(-1) });
  const first = await list('?limit=3');
  expect([first.data.map(({ id }) => id), first.has_more, first.last_id]).toEqual([ids.slice(0, 3), true, ids[2]]);
  const next = await list(`?limit=3&after_id=${first.last_id}`);
  expect(next.data.map(({ id }) => id)).toEqual(ids.slice(3, 6));
  const back = await list(`?limit=3&before_id=${next.first_id}`);
  expect([back.data.map(({ id }) => id), back.has_more]).toEqual([ids.slice(0, 3), false]);
  expect(await list(`?after_id=${ids.at(-1)}`)).toEqual({ data: [], has_more: false, first_id: null, last_id: null });
});

test('lists by lifecycle; retired models only when they are asked for', async () => {
  const lifecycles = async (query: string) => new Set((await list(query)).data.map(({ lifecycle }) => lifecycle));
  expect(await lifecycles('')).toEqual(new Set(['active', 'deprecated']));
  expect(await lifecycles('?lifecycle[]=deprecated')).toEqual(new Set(['deprecated']));
  expect(await lifecycles('?lifecycle[]=active&lifecycle[]=retired')).toEqual(new Set(['active']));
});

test('a model that is about to leave says when', async () => {
  const response = await get(createEmulator(), '/v1/models/claude-sonnet-4-5');
  expect(await jsonOfBody(response)).toMatchObject({
    id: 'claude-sonnet-4-5-20250929',
    lifecycle: 'deprecated',
    retires_at: '2026-11-30T00:00:00Z',
  });
});

test.each([
  ['?limit=0', /limit: Input should be a whole number from 1 to 1000/],
  ['?limit=1001', /limit/],
  ['?limit=many', /limit/],
  ['?after_id=claude-9', /after_id: the list does not hold claude-9/],
  ['?after_id=claude-opus-5&before_id=claude-opus-5', /only one of the two/],
  ['?lifecycle[]=young', /lifecycle: Input should be one of/],
])('refuses %s', async (query, message) => {
  expect(await refusal(query)).toEqual([400, expect.stringMatching(message)]);
});
