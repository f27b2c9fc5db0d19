import { expect, test } from 'vitest';
import type { Options } from '../options/options.ts';
import type { Engine, EngineSession } from './engine.ts';
import { NamedSessions } from './named-sessions.ts';

const ID = 'aa000000-0000-4000-8000-000000000001';

/** An engine that notes how its sessions were opened, and what became of them. */
function noting(o: { failures?: number; closeFails?: boolean } = {}) {
  let failures = o.failures ?? 0;
  const opened: Options[] = [];
  const closed: string[] = [];
  const open = async (options: Options): Promise<EngineSession> => {
    opened.push(options);
    if (failures-- > 0) throw new Error('not now');
    const id = options.resume ?? options.sessionId ?? `new-${opened.length}`;
    const dispose = async (): Promise<void> => {
      closed.push(id);
      if (o.closeFails === true) throw new Error(`${id} cannot be closed`);
    };
    // Only what is used here.
    return { id, [Symbol.asyncDispose]: dispose } as unknown as EngineSession;
  };
  return { engine: { open } as unknown as Engine, opened, closed };
}

function named(engine: Engine, options: Options = {}): NamedSessions {
  return new NamedSessions(engine, { options: () => options, onOpen: () => {} });
}

test('a session is opened once, whoever asks first, by label or by UUID', async () => {
  const { engine, opened } = noting();
  const sessions = named(engine);
  const [a, again] = await Promise.all([sessions.open('a'), sessions.open('a')]);
  expect(again).toBe(a);
  expect(await sessions.open(a.session.id)).toBe(a);
  expect(await sessions.open(ID)).toMatchObject({ session: { id: ID }, label: undefined });
  expect(opened).toEqual([{}, { resume: ID }]);
  expect(sessions.current()).toHaveLength(2);
});

test('what chooses a session in the options counts for the default label, and names it', async () => {
  const { engine, opened } = noting();
  const sessions = named(engine, { resume: ID, model: 'opus' });
  await sessions.open('other');
  const own = await sessions.open(ID);
  expect(own).toBe(await sessions.open('default'));
  expect(own.label).toBe('default');
  expect(opened).toEqual([{ model: 'opus' }, { resume: ID, model: 'opus' }]);
});

test('a session that cannot be opened can be asked for again', async () => {
  const { engine } = noting({ failures: 1 });
  const sessions = named(engine);
  await expect(sessions.open('a')).rejects.toThrow('not now');
  expect(await sessions.all()).toEqual([]);
  expect(await sessions.open('a')).toMatchObject({ label: 'a' });
});

test('a session that was taken over is opened again under its label', async () => {
  const { engine, opened } = noting();
  const sessions = named(engine);
  const lost = await sessions.open('a');
  sessions.forget(lost);
  expect(sessions.get('a')).toBeUndefined();
  expect(sessions.idOf('a')).toBe(lost.session.id);
  expect((await sessions.open('a')).session.id).toBe(lost.session.id);
  expect(opened).toEqual([{}, { resume: lost.session.id }]);
});

test('all sessions are closed, even if one cannot be', async () => {
  const { engine, closed } = noting({ closeFails: true });
  const sessions = named(engine);
  await Promise.all([sessions.open('a'), sessions.open('b')]);
  await expect(sessions.close()).rejects.toThrow('new-1 cannot be closed');
  expect(closed).toEqual(['new-1', 'new-2']);
});
