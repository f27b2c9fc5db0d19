import { expect, test } from 'vitest';
import { fragmentUuid, fragmentUuidPrefix } from '../helpers/derived-uuid.ts';
import type { StreamEvent } from '../messages-api/types.ts';
import type { SDKMessage } from '../messages.ts';
import { AnswerText } from './answer-text.ts';

const SESSION = '8f14e45f-ceea-467f-9b2d-3c1a5e6f7a80';

// Only the fields that are looked at.
const told = (message: unknown): SDKMessage => message as SDKMessage;
const assistant = (text: string): SDKMessage =>
  told({ type: 'assistant', message: { content: [{ type: 'text', text }] } });
const retry = told({ type: 'system', subtype: 'api_retry' });

const START = { type: 'message_start' };
const textStart = (index: number) => ({
  type: 'content_block_start',
  index,
  content_block: { type: 'text', text: '' },
});
const delta = (index: number, text: string) => ({
  type: 'content_block_delta',
  index,
  delta: { type: 'text_delta', text },
});
const stop = (stop_reason: string) => ({ type: 'message_delta', delta: { stop_reason } });

type Item = SDKMessage | object;

/** What is given for events and messages in turn; `lost` names the positions of events that do not arrive. */
function given(items: Item[], lost: number[] = []): string[] {
  const answer = new AnswerText();
  let fragment = 0;
  const texts: string[] = [];
  for (const [index, item] of items.entries()) {
    const isMessage = 'type' in item && ['assistant', 'system'].includes(String(item.type));
    if (!isMessage) fragment += 1;
    if (lost.includes(index)) continue;
    const uuid = fragmentUuid(fragmentUuidPrefix(SESSION, 1), fragment);
    const message = isMessage
      ? told(item)
      : told({ type: 'stream_event', uuid, event: item as StreamEvent, parent_tool_use_id: null });
    const text = answer.add(message);
    if (text !== '') texts.push(text);
  }
  return texts;
}

test('gives each delta once, and nothing again when the block is told as a whole', () => {
  expect(given([START, textStart(0), delta(0, 'Hel'), delta(0, 'lo'), assistant('Hello'), stop('end_turn')])).toEqual([
    'Hel',
    'lo',
  ]);
});

test('gives the rest of a block when it is whole, if events were lost in between', () => {
  const items = [START, textStart(0), delta(0, 'a'), delta(0, 'b'), delta(0, 'c'), assistant('abc')];
  expect(given(items, [3])).toEqual(['a', 'bc']);
  expect(given(items, [1])).toEqual(['abc']);
  expect(given(items, [1, 2, 3, 4])).toEqual(['abc']);
  expect(given(items, [4])).toEqual(['a', 'b', 'c']);
});

test('answers after tools are paragraphs of their own; blocks of one answer are not', () => {
  const first = [
    START,
    textStart(0),
    delta(0, 'One '),
    assistant('One '),
    textStart(1),
    delta(1, 'two.'),
    assistant('two.'),
    stop('tool_use'),
  ];
  expect(given([...first, START, textStart(0), delta(0, 'Three.'), assistant('Three.')]).join('')).toBe(
    'One two.\n\nThree.',
  );
});

test('an answer cut at the token limit goes on without a break', () => {
  const first = [START, textStart(0), delta(0, 'Once upon'), assistant('Once upon'), stop('max_tokens')];
  expect(given([...first, START, textStart(0), delta(0, ' a time'), assistant(' a time')]).join('')).toBe(
    'Once upon a time',
  );
});

test('what a second attempt repeats is not given again', () => {
  const first = [START, textStart(0), delta(0, 'Hello wo'), retry];
  const second = [START, textStart(0), delta(0, 'Hel'), delta(0, 'lo world'), delta(0, '!'), assistant('Hello world!')];
  expect(given([...first, ...second])).toEqual(['Hello wo', 'rld', '!']);
  const broken = [START, textStart(0), delta(0, 'Hel'), retry];
  expect(given([...first, ...broken, ...second])).toEqual(['Hello wo', 'rld', '!']);
});

test('a second attempt that reads differently is given whole, as a paragraph', () => {
  const first = [START, textStart(0), delta(0, 'Hello wo'), retry];
  const second = [
    START,
    textStart(0),
    delta(0, 'Hel'),
    delta(0, 'p is here'),
    delta(0, '.'),
    assistant('Help is here.'),
  ];
  expect(given([...first, ...second])).toEqual(['Hello wo', '\n\nHelp is here', '.']);
  const third = [START, textStart(0), delta(0, 'Next.'), assistant('Next.')];
  expect(given([...first, ...second, ...third]).at(-1)).toBe('\n\nNext.');
});

test('the text of an API error is not an answer', () => {
  const message = {
    type: 'assistant',
    error: 'overloaded',
    message: { content: [{ type: 'text', text: 'API Error' }] },
  };
  expect(given([message])).toEqual([]);
});
