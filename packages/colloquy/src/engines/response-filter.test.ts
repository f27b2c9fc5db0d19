import { expect, test } from 'vitest';
import type { SDKMessage } from '../messages.ts';
import { ResponseFilter } from './response-filter.ts';

type Told = { type: string; subtype?: string; uuid?: string; [field: string]: unknown };

// Only the fields that the filter looks at.
const init = (uuid: string): Told => ({ type: 'system', subtype: 'init', uuid });
const started = (command_uuid: string): Told => ({ type: 'command_lifecycle', command_uuid, state: 'started' });
const cancelled = (command_uuid: string): Told => ({ type: 'command_lifecycle', command_uuid, state: 'cancelled' });
const assistant = (uuid: string): Told => ({ type: 'assistant', uuid });
const result = (uuid: string, ...user_message_uuids: string[]): Told => ({ type: 'result', uuid, user_message_uuids });

/** The uuids picked for a prompt, with the messages told all at once, and one by one. */
function picked(prompt: string, told: Told[]): { uuids: unknown[]; done: boolean } {
  const messages = told as unknown as SDKMessage[];
  const whole = new ResponseFilter(prompt);
  const single = new ResponseFilter(prompt);
  const uuids = whole.pick(messages).map(({ uuid }) => uuid);
  expect(messages.flatMap((message) => single.pick([message])).map(({ uuid }) => uuid)).toEqual(uuids);
  expect(single.done).toBe(whole.done);
  return { uuids, done: whole.done };
}

test('picks a turn from its init to its result, and nothing of the turns around it', () => {
  const ofA = [init('a1'), started('a'), assistant('a2'), result('a3', 'a')];
  const ofB = [init('b1'), started('b'), assistant('b2'), result('b3', 'b')];
  const told = [assistant('x1'), result('x2', 'x'), ...ofA, ...ofB];
  expect(picked('a', told)).toEqual({ uuids: ['a1', 'a2', 'a3'], done: true });
  expect(picked('b', told)).toEqual({ uuids: ['b1', 'b2', 'b3'], done: true });
});

test('prompts that share a turn all get the whole of it', () => {
  const told = [init('1'), started('a'), started('b'), assistant('2'), result('3', 'a', 'b')];
  expect(picked('a', told).uuids).toEqual(['1', '2', '3']);
  expect(picked('b', told).uuids).toEqual(['1', '2', '3']);
});

test('a prompt that joins a running turn gets the messages from there on', () => {
  const told = [init('1'), started('a'), assistant('2'), started('b'), assistant('3'), result('4', 'a', 'b')];
  expect(picked('b', told)).toEqual({ uuids: ['3', '4'], done: true });
});

test('a withdrawn prompt has no messages, and is done', () => {
  expect(picked('b', [init('1'), started('a'), cancelled('b'), result('2', 'a'), init('3')])).toEqual({
    uuids: [],
    done: true,
  });
});

test('a prompt that nothing was told of gets at least its result', () => {
  expect(picked('a', [init('1'), assistant('2'), result('3', 'a')])).toEqual({ uuids: ['3'], done: true });
});

test('a response that has not ended is not done', () => {
  expect(picked('a', [init('1'), started('a'), assistant('2')])).toEqual({ uuids: ['1', '2'], done: false });
  expect(picked('a', [result('1', 'x')])).toEqual({ uuids: [], done: false });
});
