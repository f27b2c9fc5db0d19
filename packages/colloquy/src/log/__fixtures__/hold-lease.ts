// A process that holds the lease of a session until it is killed: `node hold-lease.ts FILE SESSION`.
// Prints one line of JSON once it has appended a prompt, durable, and a fact that is to become so with the next.
import { openSqliteStore } from '../sqlite-store.ts';
import { SessionLog } from '../session-log.ts';

const [path = '', id = ''] = process.argv.slice(2);
const log = await SessionLog.open(await openSqliteStore({ path }), id);
await log.input([
  { kind: 'prompt', uuid: 'u', content: [], by: 'child', origin: null, priority: 'later', startsTurn: true },
]);
await log.append([{ kind: 'turn_start', turn: 't', init: null }], { sync: 'lazy' });
process.stdout.write(`${JSON.stringify({ epoch: log.epoch, head: log.head })}\n`);
setInterval(() => undefined, 1_000_000);
