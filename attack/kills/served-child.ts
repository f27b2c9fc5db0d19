// A server in a process of its own that kills itself: `node served-child.ts FOLDER MODEL_URL KILL_AT`. Prints its link when ready.
// KILL_AT counts what the store is asked to write; an even number dies before the write is handed over, an odd one once it is durable.
import { join } from 'node:path';
import { serve } from '@colloquy/server';
import { openSqliteStore, type Store } from 'colloquy/internal';

const [folder = '', modelUrl = '', killAt = '0'] = process.argv.slice(2);
const store = killing(await openSqliteStore({ path: join(folder, 'sessions.db') }), Number(killAt));
const server = await serve({
  store,
  cwd: join(folder, 'work'),
  dataFolder: folder,
  model: 'claude-opus-5-5',
  endpoint: 'a drill',
  simulated: true,
  sessionDefaults: {
    env: { ANTHROPIC_BASE_URL: modelUrl, ANTHROPIC_API_KEY: 'sk-drill', PATH: process.env['PATH'] },
    allowedTools: ['Bash'],
  },
});
process.stdout.write(`${server.link}\n`);

/** The store, with a death at its `at`th append; none at 0. */
function killing(real: Store, at: number): Store {
  let appended = 0;
  const append = async (...args: Parameters<Store['append']>): ReturnType<Store['append']> => {
    appended += 1;
    const isLast = appended === at;
    if (isLast && at % 2 === 0) process.kill(process.pid, 'SIGKILL');
    const done = await real.append(...args);
    if (isLast) {
      await real.sync();
      process.kill(process.pid, 'SIGKILL');
    }
    return done;
  };
  return new Proxy(real, {
    get: (target, name) => {
      if (name === 'append') return append;
      // Methods of a class with private fields must be called on it, not on the proxy.
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
