// A server in a process of its own, for tests that kill it: `node served-child.ts FOLDER`. Prints its link when ready.
import { join } from 'node:path';
import { createEmulator } from '@colloquy/emulator';
import { openSqliteStore } from 'colloquy/internal';
import { serve } from '@colloquy/server';

const folder = process.argv[2] ?? '';
const server = await serve({
  store: await openSqliteStore({ path: join(folder, 'sessions.db') }),
  cwd: folder,
  dataFolder: folder,
  sessionFolders: join(folder, 'workspaces'),
  model: 'claude-opus-5-5',
  endpoint: 'a test',
  simulated: true,
  sessionDefaults: { send: createEmulator().send },
});
process.stdout.write(`${server.link}\n`);
