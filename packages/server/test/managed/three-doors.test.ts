import { join } from 'node:path';
import { readdir } from 'node:fs/promises';
import type { SDKMessage } from 'colloquy';
import { createEmulator, text, toolUse } from '@colloquy/emulator';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { SseReader } from '../sse-reader.ts';
import { ASK_ALWAYS, Follower, isOver, newSession, ofType, say, waitsFor } from './conversing.ts';
import { caught, startManaged } from './fixture.ts';

type Answered = Extract<SDKMessage, { subtype: 'permission_answered' }>;

/** What a socket has told, in order. */
class Socket {
  readonly told: SDKMessage[] = [];
  #wake = (): void => {};

  constructor(url: string, authorization: string) {
    const socket = new WebSocket(url.replace('http', 'ws'), { headers: { authorization } });
    socket.on('message', (data: Buffer) => {
      for (const { data: message } of JSON.parse(String(data)) as { data: SDKMessage }[]) this.told.push(message);
      this.#wake();
    });
    onTestFinished(() => socket.terminate());
  }

  async until(fits: (message: SDKMessage) => boolean): Promise<SDKMessage> {
    for (;;) {
      const found = this.told.find(fits);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

const isSystem =
  (subtype: string) =>
  (message: SDKMessage | undefined): boolean =>
    message?.type === 'system' && message.subtype === subtype;

test('a question open on three doors and answered on two at once has one winner; everybody is told who, and it is gone everywhere', async () => {
  const script = [toolUse('write', { file_path: 'a.txt', content: 'x' }), text('Done.')];
  const server = await startManaged({ emulator: createEmulator({ script }) });
  const { id } = await newSession(server, { agent: { tools: ASK_ALWAYS } });
  const key = await server.addKey({ user: 'local' });
  const path = `/v1/sessions/${id}`;

  const managed = await Follower.open(server.client, id);
  const sse = new SseReader(await server.fetch(`${path}/messages/stream`, { key }));
  onTestFinished(() => sse.close());
  const socket = new Socket(`${server.server.url}${path}/messages/stream`, `Bearer ${key}`);
  await server.client.beta.sessions.events.send(id, { events: [say('Write')] });

  const [call] = ofType(await managed.until(waitsFor(1)), 'agent.tool_use');
  const shown = (await sse.until(({ message }) => isSystem('permission_request')(message))).at(-1)?.message;
  expect(await socket.until(isSystem('permission_request'))).toEqual(shown);
  const request = (shown as { request?: number }).request;

  const answer = { request, decision: { behavior: 'deny', message: 'Not this.' } };
  const [native, official] = await Promise.all([
    server.fetch(`${path}/answers`, {
      key,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(answer),
    }),
    caught(
      server.client.beta.sessions.events.send(id, {
        events: [{ type: 'user.tool_confirmation', tool_use_id: call?.id ?? '', result: 'allow' }],
      }),
    ),
  ]);
  const told = (await native.json()) as { won: boolean; by: string };
  // One of them won: the other is told so, in the words of its door.
  expect([native.status, told.won, official === undefined]).toEqual([200, told.won, !told.won]);

  const seen = await managed.until(isOver);
  const answered = (await socket.until(isSystem('permission_answered'))) as Answered;
  expect((await sse.until(({ message }) => isSystem('permission_answered')(message))).at(-1)?.message).toEqual(
    answered,
  );
  expect([answered.request, answered.by, answered.behavior]).toEqual([
    request,
    told.won ? told.by : answered.by,
    told.won ? 'deny' : 'allow',
  ]);
  if (!told.won) expect(told.by).toBe(answered.by);
  expect(ofType(seen, 'agent.tool_result')).toMatchObject([{ tool_use_id: call?.id, is_error: told.won }]);
  const files = await readdir(join(server.folder, 'workspaces'), { recursive: true });
  expect(files.some((file) => file.endsWith('a.txt'))).toBe(!told.won);

  // Gone: nobody may answer it any longer, on any door.
  const pending = await server.fetch(`/v1/native/sessions/${id}/pending`, { key });
  expect(await pending.json()).toMatchObject({ requests: [], calls: [] });
  const late = await server.fetch(`${path}/answers`, {
    key,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...answer, decision: { behavior: 'allow' } }),
  });
  expect(await late.json()).toEqual({ won: false, by: answered.by });
});
