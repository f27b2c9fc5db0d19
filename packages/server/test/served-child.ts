// A server in a process of its own, for tests that kill it: `node served-child.ts FOLDER [KIND]`. Prints its link when ready.
// With a kind of entry it kills itself instead of appending one.
import { join } from 'node:path';
import { createEmulator } from '@colloquy/emulator';
import { type NewEntry, openSqliteStore } from 'colloquy/internal';
import { serve } from '@colloquy/server';

const [folder = '', deadly] = process.argv.slice(2);
const store = await openSqliteStore({ path: join(folder, 'sessions.db') });
const append = store.append.bind(store);
store.append = (id: string, entries: readonly NewEntry[], ...o: [never]) => {
  if (entries.some(({ kind }) => kind === deadly)) process.kill(process.pid, 'SIGKILL');
  return append(id, entries, ...o);
};
const server = await serve({
  store,
  cwd: folder,
  dataFolder: folder,
  sessionFolders: join(folder, 'workspaces'),
  model: 'claude-opus-5-5',
  endpoint: 'a test',
  simulated: true,
  sessionDefaults: { send: createEmulator().send },
});
process.stdout.write(`${server.link}\n`);
