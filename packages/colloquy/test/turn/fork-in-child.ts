// A process that forks a session and is killed before a given write: `node fork-in-child.ts FILE SESSION FORK WRITE`.
import { openSqliteStore } from 'colloquy/internal';
import { copySession } from '../../src/engines/api/copy-session.ts';

const [path = '', from = '', id = '', last = ''] = process.argv.slice(2);
const store = await openSqliteStore({ path });
let writes = 0;
const counted = new Proxy(store, {
  get(target, name) {
    const value: unknown = Reflect.get(target, name, target);
    if (typeof value !== 'function') return value;
    return (...given: unknown[]): unknown => {
      if (name === 'append' || name === 'draft' || name === 'publish') writes += 1;
      if (writes === Number(last)) process.kill(process.pid, 'SIGKILL');
      return Reflect.apply(value, target, given);
    };
  },
});
await copySession(counted, from, { id });
process.stdout.write(`${writes}\n`);
