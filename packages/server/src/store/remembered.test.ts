import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../test/running-server.ts';
import { Remembered } from './remembered.ts';
import { openTables, type Tables } from './tables.ts';

const KEY = { name: 'a', user: 'ann', role: 'user', created_at: 1 } as const;
const NEW = { ...KEY, environment: null, expires_at: null, last_used_at: null, revoked_at: null };

async function openPlace() {
  const folder = await temporaryFolder();
  const open = async (): Promise<Tables> => {
    const tables = await openTables(folder);
    onTestFinished(() => tables.destroy());
    return tables;
  };
  const [here, elsewhere] = [await open(), await open()];
  let reads = 0;
  const users = new Remembered(
    () => Promise.resolve(here),
    async (tables, name) => {
      reads += 1;
      const found = await tables.selectFrom('api_key').select('user').where('id', '=', name).executeTakeFirst();
      return found?.user;
    },
  );
  return { here, elsewhere, users, readsOf: () => reads };
}

test('what has not changed is read once, what is not there too', async () => {
  const { here, users, readsOf } = await openPlace();
  await here
    .insertInto('api_key')
    .values({ ...NEW, id: 'k', hash: 'h' })
    .execute();
  for (let n = 0; n < 10; n += 1) expect([await users.get('k'), await users.get('none')]).toEqual(['ann', undefined]);
  expect(readsOf()).toBe(2);
});

test('a change counts at once, in this process and from another', async () => {
  const { here, elsewhere, users } = await openPlace();
  await here
    .insertInto('api_key')
    .values({ ...NEW, id: 'k', hash: 'h' })
    .execute();
  expect(await users.get('k')).toBe('ann');
  for (const [index, tables] of [here, elsewhere, here, elsewhere].entries()) {
    await tables
      .updateTable('api_key')
      .set({ user: `u${index}` })
      .execute();
    expect(await users.get('k')).toBe(`u${index}`);
  }
  await elsewhere.deleteFrom('api_key').execute();
  expect(await users.get('k')).toBeUndefined();
});

test('what changes while it is read is not kept as it was', async () => {
  const { here, users } = await openPlace();
  await here
    .insertInto('api_key')
    .values({ ...NEW, id: 'k', hash: 'h' })
    .execute();
  await here.transaction().execute(async (transaction) => {
    await transaction.updateTable('api_key').set({ user: 'bob' }).execute();
    // Waits for the transaction, which is not over.
    const waiting = users.get('k');
    await transaction.updateTable('api_key').set({ user: 'cyd' }).execute();
    void waiting;
  });
  expect(await users.get('k')).toBe('cyd');
  await expect(
    here.transaction().execute(async (transaction) => {
      await transaction.updateTable('api_key').set({ user: 'dan' }).execute();
      throw new Error('rolled back');
    }),
  ).rejects.toThrow('rolled back');
  expect(await users.get('k')).toBe('cyd');
});
