import { expect, test } from 'vitest';
import type { HttpSend } from '../../messages-api/http-send.ts';
import { followMessages } from './follow-messages.ts';
import type { FrameSockets } from './frame-sockets.ts';
import type { Frame } from './read-frames.ts';
import { ServerClient } from './server-client.ts';

// How a session's messages are followed where there are sockets. Over HTTP alone the tests of the engine look at it.

const frame = (id: string): Frame => ({ id, event: 'message', chars: 10, data: { type: 'user', id } });
const signal: Frame = {
  id: undefined,
  event: 'signal',
  chars: 10,
  data: { type: 'signal', signal: { kind: 'message', message: { type: 'tool_progress' } } },
};

/** A server whose connections, one after the other, tell these frames and then end. */
function serverOf(connections: readonly (readonly Frame[])[]) {
  const opened: string[] = [];
  const next = (way: string, path: string): readonly Frame[] => {
    opened.push(`${way} ${/after=([\d.]+)/.exec(path)?.[1]}`);
    return connections[opened.length - 1] ?? [];
  };
  const send: HttpSend = async ({ url }) => {
    const texts = next('http', url).map(
      ({ id, event, data }) =>
        `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
    );
    return { status: 200, headers: { 'content-type': 'text/event-stream' }, body: bytesOf(texts.join('')) };
  };
  const sockets: FrameSockets = async (path) => {
    const frames = next('socket', path);
    return (async function* () {
      for (const each of frames) yield [each];
    })();
  };
  return { client: new ServerClient({ url: 'http://server.test' }, send, sockets), opened };
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array, void, void> {
  yield new TextEncoder().encode(text);
}

/** The ids that are told, until so many are. */
async function follow(client: ServerClient, count: number, isPaced: boolean): Promise<unknown[]> {
  const left = new AbortController();
  const told: unknown[] = [];
  const options = { session: 's', after: '0.0.0', partial: true, isPaced, signal: left.signal };
  for await (const batch of followMessages(client, options)) {
    told.push(...batch.map(({ id }) => id));
    if (told.length >= count) left.abort();
  }
  return told;
}

const CONNECTIONS = [
  [frame('1.1.0'), signal, frame('1.2.0')],
  [frame('1.1.0'), frame('1.2.0'), frame('1.3.0')],
  [frame('1.2.0'), frame('1.5.0'), frame('1.4.0'), frame('1.6.0')],
];

test.each([
  [false, 'socket'],
  [true, 'http'],
])(
  'each message is told once, in order, however often connections break (at its own pace: %s)',
  async (isPaced, way) => {
    const { client, opened } = serverOf(CONNECTIONS);
    expect(await follow(client, 6, isPaced)).toEqual(['1.1.0', undefined, '1.2.0', '1.3.0', '1.5.0', '1.6.0']);
    // A reader that is waited for has no socket: nobody can hold that back.
    expect(opened).toEqual([`${way} 0.0.0`, `${way} 1.2.0`, `${way} 1.3.0`]);
  },
);
