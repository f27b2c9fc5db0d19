import { createEmulator, text, toolUse } from '@colloquy/emulator';
import { detectSandbox } from 'colloquy/internal';
import { beforeAll, expect, test, vi } from 'vitest';
import { openManagement } from '../src/manage.ts';
import { clientOf, createKey } from '../src/testing/test-app.ts';
import {
  createSession,
  follow,
  isRequest,
  isResult,
  sendPrompt,
  startServer,
  temporaryFolder,
} from './running-server.ts';

// On a machine on which no sandbox works. Whether one does is found out once per process, which is this file's own.
beforeAll(async () => {
  vi.stubEnv('PATH', '/nowhere');
  await detectSandbox();
  vi.unstubAllEnvs();
});

const script = () => [toolUse('Bash', { command: 'true' }), text('Done')];

test.each(['over HTTP', 'at the command line'])(
  'a command that a rule allows is asked about as soon as somebody else has got a key %s and uses it',
  async (how) => {
    const folder = await temporaryFolder();
    const emulator = createEmulator({ script: [...script(), ...script()] });
    const { client, app } = await startServer({ folder, emulator });
    const id = await createSession(client, { allowedTools: ['Bash'] });
    const reader = await follow(client, id);
    await sendPrompt(client, id, 'Go');
    expect((await reader.until(isResult)).some(isRequest)).toBe(false);

    if (how === 'over HTTP') {
      await createKey(client, { name: 'ada' });
    } else {
      await using management = await openManagement(folder);
      const { secret } = await management.createKey({ name: 'ada', user: 'ada', role: 'user' });
      await clientOf(app, secret).get('/v1/native/info');
    }
    await sendPrompt(client, id, 'Go again');
    await reader.until(isRequest);
  },
);
