// A process that opens a database which may be new, and appends inputs: `node append-inputs.ts FILE SESSION COUNT`.
import { ConfigurationError } from '../../errors.ts';
import { openSqliteStore } from '../sqlite-store.ts';

const [path = '', id = '', count = '0'] = process.argv.slice(2);
const store = await openSqliteStore({ path });
try {
  await store.sessions.create({ id, cwd: '/' });
} catch (error) {
  // Another of these processes was first.
  if (!(error instanceof ConfigurationError)) throw error;
}
for (let sent = 0; sent < Number(count); sent += 1) {
  const appended = await store.append(id, [
    { kind: 'interrupt', by: `${process.pid}`, keepQueue: true, once: `${process.pid} ${sent}` },
    { kind: 'interrupt', by: `${process.pid}`, keepQueue: true },
  ]);
  if (!appended.ok) throw new Error(appended.why);
}
await store[Symbol.asyncDispose]();
