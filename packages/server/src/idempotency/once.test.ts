import { join } from 'node:path';
import { SessionBusyError } from 'colloquy';
import { Hono } from 'hono';
import { expect, onTestFinished, test } from 'vitest';
import type { AppEnv } from '../app-env.ts';
import { BrokenBodyError, HttpError } from '../http/http-error.ts';
import { openDatabase } from '../store/open-database.ts';
import { temporaryFolder } from '../../test/running-server.ts';
import { AnswerRecords } from './answer-records.ts';
import { once } from './once.ts';

type Handler = (nonce: string) => Response;

/** A server of one route, which is told its nonce. */
async function start(handle: Handler, o: { folder?: string; change?: (records: AnswerRecords) => void } = {}) {
  const records = await AnswerRecords.open(o.folder);
  onTestFinished(() => records.close());
  o.change?.(records);
  const faults: unknown[] = [];
  const hono = new Hono<AppEnv>();
  let nonce = 0;
  hono.use(async (c, next) => {
    c.set('requestId', 'req');
    c.set('nonce', `nonce ${(nonce += 1)}`);
    const credential = { kind: 'operator', id: '' } as const;
    c.set('principal', { name: 'ann', user: 'ann', role: 'user', via: 'key', credential });
    await next();
  });
  hono.onError((error) => new Response(error.message, { status: error instanceof HttpError ? error.status : 409 }));
  hono.use(
    once(() => Promise.resolve(records), {
      onError: (error) => faults.push(error),
      isRepeatable: async (c) => c.req.path === '/named',
    }),
  );
  hono.on('POST', ['/things', '/named'], (c) => handle(c.get('nonce')));
  const post = async (
    path = '/things',
    headers: Record<string, string> = { 'idempotency-key': 'k' },
  ): Promise<string> => {
    const answer = await hono.fetch(new Request(`http://127.0.0.1${path}`, { method: 'POST', headers, body: '{}' }));
    return `${answer.status} ${await answer.text()}`;
  };
  return { post, faults };
}

test('a request whose end cannot be noted is answered, and its repeat is the same request once more', async () => {
  const handled: string[] = [];
  const change = (records: AnswerRecords): void => {
    const end = records.end.bind(records);
    records.end = (...args) => (handled.length === 1 ? Promise.reject(new Error('disk full')) : end(...args));
  };
  const { post, faults } = await start(
    (nonce) => {
      handled.push(nonce);
      return new Response(nonce);
    },
    { change },
  );
  expect([await post(), await post(), await post()]).toEqual(Array(3).fill('200 nonce 1'));
  expect(handled).toEqual(['nonce 1', 'nonce 1']);
  expect(faults).toEqual([new Error('disk full')]);
});

test('of what may be repeated nothing is kept, unless it has a key', async () => {
  const { post } = await start((nonce) => new Response(nonce));
  const marked = { 'x-stainless-retry-count': '1' };
  expect([await post('/named', marked), await post('/named', marked)]).toEqual(['200 nonce 1', '200 nonce 2']);
  expect([await post('/named'), await post('/named')]).toEqual(['200 nonce 3', '200 nonce 3']);
});

test.each([new BrokenBodyError(), new SessionBusyError('s', 'another process')])(
  'the next try after %s is a try',
  async (refusal) => {
    let tries = 0;
    const { post } = await start(() => {
      tries += 1;
      if (tries === 1) throw refusal;
      return new Response('done');
    });
    expect(await post()).toMatch(/^4/);
    expect(await post()).toBe('200 done');
  },
);

test('what somebody began of whom nothing can be found out, before a restart of the machine, is not waited for', async () => {
  const folder = await temporaryFolder();
  const first = await start(() => new Response('one'), { folder });
  await first.post();
  const path = join(folder, 'requests.db');
  const db = await openDatabase<{ request: { owner: string; status: number | null; created_at: number } }>({
    path,
    synchronous: 'normal',
  });
  const owner = 'elsewhere 1 boot 1 random';
  await db
    .updateTable('request')
    .set({ owner, status: null, created_at: Date.now() - 120_000 })
    .execute();
  await db.destroy();
  const second = await start(() => new Response('two'), { folder });
  expect(await second.post()).toBe('200 two');
});
