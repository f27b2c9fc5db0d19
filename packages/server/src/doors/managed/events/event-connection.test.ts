import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EventConnection, eventFrame, type PreviewType } from './event-connection.ts';
import type { ManagedEvent } from './event-types.ts';
import type { Preview } from './previews.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

type Opened = {
  connection: EventConnection;
  ended: () => boolean;
  /** What the client takes next; undefined at the end. */
  take: () => Promise<string | undefined>;
  abort: () => void;
};

function open(previews: readonly PreviewType[] = ['agent.message']): Opened {
  const stop = new AbortController();
  let isEnded = false;
  const connection = new EventConnection({
    after: 0,
    previews,
    signal: stop.signal,
    onEnd: () => {
      expect(isEnded).toBe(false);
      isEnded = true;
    },
  });
  const reader = connection.body.getReader();
  const decoder = new TextDecoder();
  return {
    connection,
    ended: () => isEnded,
    abort: () => stop.abort(),
    async take() {
      const next = await reader.read();
      return next.done ? undefined : decoder.decode(next.value);
    },
  };
}

const tell = (connection: EventConnection, event: ManagedEvent): void => connection.event(eventFrame(event));
const running = (id: string): ManagedEvent => ({ type: 'session.status_running', id, processed_at: 'now' });
const message = (id: string, text: string): ManagedEvent => ({
  type: 'agent.message',
  content: [{ type: 'text', text }],
  id,
  processed_at: 'now',
});
const delta = (id: string, text: string, index = 0): Preview => ({
  type: 'event_delta',
  event_id: id,
  delta: { type: 'content_delta', index, content: { type: 'text', text } },
});

/** The names of a chunk's items, and the data of each. */
function items(chunk: string | undefined): { name: string; data: { type: string; [field: string]: unknown } }[] {
  return (chunk ?? '')
    .split('\n\n')
    .filter((item) => item.startsWith('event: '))
    .map((item) => {
      const [, name = '', data = ''] = /^event: (.+)\ndata: (.+)$/.exec(item) ?? [];
      return { name, data: JSON.parse(data) as { type: string } };
    });
}

test('says at once that it is open, then events under their names; usage goes by the name that all clients take', async () => {
  const { connection, take } = open();
  expect(await take()).toBe(': open\n\n');
  tell(connection, running('1'));
  const usage = { type: 'session.usage', usage: {}, id: '2', processed_at: 'now' } as unknown as ManagedEvent;
  tell(connection, usage);
  const chunk = await take();
  expect(items(chunk).map(({ name, data }) => [name, data.type])).toEqual([
    ['session.status_running', 'session.status_running'],
    ['message', 'session.usage'],
  ]);
});

test('deltas of a moment share one frame, those of another text or message do not', async () => {
  const { connection, take } = open();
  await take();
  for (const text of ['a', 'b']) connection.preview(delta('m', text));
  connection.preview(delta('m', 'c', 1));
  connection.preview(delta('n', 'd'));
  expect(items(await take()).map(({ data }) => data)).toEqual([delta('m', 'ab'), delta('m', 'c', 1), delta('n', 'd')]);
});

test('chunks follow each other no faster than every 20 ms', async () => {
  const { connection, take } = open();
  await take();
  connection.preview(delta('m', 'a'));
  expect(items(await take())).toHaveLength(1);
  connection.preview(delta('m', 'b'));
  const second = take();
  await vi.advanceTimersByTimeAsync(19);
  connection.preview(delta('m', 'c'));
  await vi.advanceTimersByTimeAsync(1);
  expect(items(await second).map(({ data }) => data)).toEqual([delta('m', 'bc')]);
});

test('a quiet stream says every 15 seconds that it is alive', async () => {
  const { take } = open();
  await take();
  const beat = take();
  await vi.advanceTimersByTimeAsync(15_000);
  expect(await beat).toBe(': hb\n\n');
});

test('a slow client loses deltas of a message, never a part in the middle, and gets every event', async () => {
  const { connection, take } = open();
  await take();
  for (let n = 0; n < 40; n += 1) connection.preview(delta('m', String(n % 10).repeat(10_000)));
  tell(connection, message('m', 'whole'));
  connection.preview(delta('n', 'next'));
  let text = '';
  const names: string[] = [];
  while (!names.includes('agent.message')) {
    const chunk = take();
    await vi.advanceTimersByTimeAsync(20);
    for (const { name, data } of items(await chunk)) {
      names.push(name);
      if (name === 'event_delta')
        text += (data as unknown as { delta: { content: { text: string } } }).delta.content.text;
    }
  }
  const said = Array.from({ length: 40 }, (_, n) => String(n % 10).repeat(10_000)).join('');
  expect(text.length).toBeLessThan(said.length);
  expect(said.startsWith(text)).toBe(true);
});

test('a client for which too much waits is let go', async () => {
  const { connection, ended, take } = open();
  await take();
  for (let n = 0; n < 17; n += 1) tell(connection, message(String(n), 'x'.repeat(1024 * 1024)));
  expect(ended()).toBe(true);
});

test('a client that takes nothing for two minutes is let go', async () => {
  const { connection, ended, take } = open();
  await take();
  tell(connection, running('1'));
  await vi.advanceTimersByTimeAsync(20);
  await vi.advanceTimersByTimeAsync(119_000);
  expect(ended()).toBe(false);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(ended()).toBe(true);
});

test('ends once the client has taken what waits', async () => {
  const { connection, ended, take } = open();
  await take();
  tell(connection, running('1'));
  connection.end();
  tell(connection, running('2'));
  expect(items(await take())).toMatchObject([{ data: { id: '1' } }]);
  expect(await take()).toBeUndefined();
  expect(ended()).toBe(true);
});

test('ends at once when its credential is gone, whatever waits', async () => {
  const { connection, ended, take, abort } = open();
  await take();
  const next = take();
  tell(connection, running('1'));
  abort();
  expect(await next).toBeUndefined();
  expect(ended()).toBe(true);
});
