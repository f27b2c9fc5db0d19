import { expect, test } from 'vitest';
import { ConfigurationError, SessionBusyError, SessionNotFoundError } from '../../errors.ts';
import { accepted, type OpenPlace, prompt, turnEnd, turnStart } from './store-place.ts';

export function draftTests(place: OpenPlace): void {
  const made = { id: 's', cwd: '/work', title: 'T', data: { owner: 'ann' } };

  test('nobody but its maker knows a draft, until it is published with all that is in it', async () => {
    const store = await (await place()).open();
    const lease = await store.draft(made, 'me', 30_000);
    accepted(await store.append('s', [prompt('first'), turnStart('t')], { epoch: lease.epoch, sync: 'lazy' }));
    expect(await store.sessions.get('s')).toBeUndefined();
    expect(await store.sessions.list()).toEqual([]);
    expect(await store.sessions.list({ user: 'ann' })).toEqual([]);
    expect(await store.append('s', [prompt('x')])).toEqual({ ok: false, why: 'missing' });
    await expect(store.claim('s', 'me', 30_000)).rejects.toThrow(SessionNotFoundError);
    await expect(store.sessions.patch('s', { title: 'x' })).rejects.toThrow(SessionNotFoundError);
    accepted(await store.append('s', [turnEnd('t')], { epoch: lease.epoch, sync: 'lazy' }));

    const row = await store.publish('s', lease.epoch);
    expect(row).toMatchObject({ ...made, head: 3, firstPrompt: 'first', running: false, owner: 'me' });
    expect(await store.sessions.list({ user: 'ann' })).toEqual([row]);
    await lease.release();
    expect((await store.claim('s', 'you', 30_000))?.epoch).toBe(lease.epoch + 1);
  });

  test('one maker at a time; what a maker has let go of is begun anew, by `create` too', async () => {
    const where = await place();
    const [store, other] = [await where.open(), await where.open()];
    const first = await store.draft(made, 'me', 30_000);
    accepted(await store.append('s', [prompt('old')], { epoch: first.epoch, sync: 'now' }));
    await expect(other.draft(made, 'you', 30_000)).rejects.toThrow(SessionBusyError);
    await expect(other.sessions.create(made)).rejects.toThrow(SessionBusyError);
    await first.release();
    await store.sync();
    const second = await other.draft(made, 'you', 30_000);
    expect(await other.read('s', { after: 0 })).toEqual([]);
    await second.release();
    await other.sync();
    expect(await store.sessions.create({ id: 's', cwd: '/' })).toMatchObject({ head: 0, data: {} });
    await expect(store.draft(made, 'me', 30_000)).rejects.toThrow(ConfigurationError);
    await expect(store.publish('s', 1)).rejects.toThrow(SessionBusyError);
  });

  test('a maker whose time ran out publishes nothing once somebody else has begun', async () => {
    const where = await place();
    const [store, other] = [await where.open(), await where.open()];
    const late = await store.draft(made, 'me', 0);
    await store.sync();
    const lease = await other.draft(made, 'you', 30_000);
    expect(lease.epoch).not.toBe(late.epoch);
    await expect(store.publish('s', late.epoch)).rejects.toThrow(SessionBusyError);
    expect(late.lost.aborted).toBe(true);
    expect(await store.append('s', [prompt('x')], { epoch: late.epoch, sync: 'now' })).toMatchObject({ ok: false });
    expect((await other.publish('s', lease.epoch)).head).toBe(0);
  });

  test('a maker whose time ran out writes nothing into a session that has been made in its place', async () => {
    const where = await place();
    const [store, other] = [await where.open(), await where.open()];
    const late = await store.draft(made, 'me', 0);
    await store.sync();
    await other.sessions.create(made);
    const write = (): Promise<unknown> => store.append('s', [prompt('x')], { epoch: late.epoch, sync: 'now' });
    expect(await write()).toMatchObject({ ok: false });
    await other.claim('s', 'you', 30_000);
    expect(await write()).toMatchObject({ ok: false });
    expect((await other.sessions.get('s'))?.head).toBe(0);
  });

  test('a draft that is given up is deleted like a session', async () => {
    const store = await (await place()).open();
    const lease = await store.draft(made, 'me', 30_000);
    expect(await store.sessions.delete('s')).toBe(true);
    await expect(store.publish('s', lease.epoch)).rejects.toThrow(SessionBusyError);
    expect(await store.sessions.create(made)).toMatchObject({ head: 0 });
  });
}
