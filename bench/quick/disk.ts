// Counts commits of SQLite and waits for the disk, of warm durable turns; prints them.
import fs from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { DatabaseSync } from 'node:sqlite';
import { cannedSend } from '../canned-send.ts';
import { KEY, MODEL } from '../contestants/contestant.ts';

type Statement = { run(...values: unknown[]): unknown };
type Database = { prepare: (this: Database, sql: string) => Statement };

let [commits, syncs] = [0, 0];
countSyncs();
countCommits(DatabaseSync.prototype as unknown as Database);
const betterSqlite = findBetterSqlite();
if (betterSqlite !== undefined) countCommits(betterSqlite);

// After the counting has begun: what it imports must find the counted functions.
const { ClaudeSDKClient } = await import('colloquy');
const few = await countTurn(20);
const many = await countTurn(2_000);
console.log(
  JSON.stringify({
    ...few,
    commitsOfManyDeltas: many.commits - few.commits,
    syncsOfManyDeltas: many.syncs - few.syncs,
  }),
);
process.exit(0);

async function countTurn(deltas: number): Promise<{ commits: number; syncs: number }> {
  const env = { ANTHROPIC_API_KEY: KEY };
  const options = { model: MODEL, tools: [], persistSession: true, includePartialMessages: true, env };
  await using client = new ClaudeSDKClient({ ...options, send: cannedSend(deltas) });
  const turn = async (): Promise<void> => {
    await client.query('Hi');
    for await (const _ of client.receiveResponse());
  };
  for (let warm = 0; warm < 3; warm += 1) await turn();
  const before = { commits, syncs };
  await turn();
  return { commits: commits - before.commits, syncs: syncs - before.syncs };
}

function countSyncs(): void {
  const { fdatasync, fdatasyncSync } = fs;
  fs.fdatasync = Object.assign(
    (...args: Parameters<typeof fdatasync>) => {
      syncs += 1;
      fdatasync(...args);
    },
    { __promisify__: fdatasync.__promisify__ },
  );
  fs.fdatasyncSync = (fd) => {
    syncs += 1;
    fdatasyncSync(fd);
  };
  syncBuiltinESMExports();
}

function countCommits(prototype: Database): void {
  const prepare = prototype.prepare;
  prototype.prepare = function counting(this: Database, sql) {
    const statement = prepare.call(this, sql);
    if (sql !== 'COMMIT') return statement;
    const run = statement.run.bind(statement);
    statement.run = (...values) => {
      commits += 1;
      return run(...values);
    };
    return statement;
  };
}

/** The store takes it where it is installed. */
function findBetterSqlite(): Database | undefined {
  try {
    return (createRequire(import.meta.url)('better-sqlite3') as { prototype: Database }).prototype;
  } catch {
    return undefined;
  }
}
