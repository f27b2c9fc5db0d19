import type { KeyObject, Management, NewApiKey } from '@colloquy/server';
import { dataFolder } from 'colloquy/internal';
import { Command, InvalidArgumentError, Option } from 'commander';
import { dataOption, useDataFolder } from './conversation-flags.ts';
import { UsageError } from './describe-error.ts';
import { plainText } from './plain-text.ts';

type Flags = { data?: string; json?: true };
type CreateFlags = Flags & Omit<NewApiKey, 'expiresAt'> & { expires?: number };

const ROLES = ['admin', 'user', 'observer'] as const;

/** `colloquy keys`: the API keys of the server. They are made and revoked in the data folder, whether the server runs or not. */
export function keysCommand(): Command {
  const keys = new Command('keys')
    .summary('make, list and revoke API keys of the server')
    .description(
      'API keys of the server on this data folder, whether it runs or not. Without a further word they are listed, newest first.',
    );
  keys
    .command('create')
    .description('make a key; its secret goes to standard output, this once')
    .requiredOption('--name <name>', 'for people, and to revoke it by')
    .option('--user <user>', 'whose sessions it sees and makes; the link that serve prints is for "local"', 'local')
    .addOption(
      new Option('--role <role>', "admin: everything; user: what is the user's; observer: reads what is the user's")
        .choices(ROLES)
        .default('user'),
    )
    .option('--expires <when>', 'after "12h" or "90d", or at a date: "2027-06-30" (default: never)', parseExpiry)
    .option('--environment <id>', 'only for a worker that takes the work of this environment')
    .option('--json', 'as JSON')
    .addOption(dataOption())
    .action(create);
  keys
    .command('list', { isDefault: true })
    .description('list them, newest first')
    .option('--json', 'as JSON')
    .addOption(dataOption())
    .action(list);
  keys
    .command('revoke <id-or-name>')
    .description('end one; what is open with it closes within five seconds')
    .option('--json', 'as JSON')
    .addOption(dataOption())
    .action(revoke);
  return keys;
}

async function create({ name, user, role, expires, environment, ...flags }: CreateFlags): Promise<void> {
  await using management = await openManagement(flags);
  const key = await management.createKey({ name, user, role, expiresAt: expires, environment });
  if (flags.json) return print(JSON.stringify(key, null, 2));
  process.stderr.write(`${describe(key)}\nIts secret is shown this once:\n`);
  print(key.secret);
}

async function list(flags: Flags): Promise<void> {
  await using management = await openManagement(flags);
  const keys = await management.listKeys();
  if (flags.json) return print(JSON.stringify(keys, null, 2));
  if (keys.length === 0) process.stderr.write('There are no keys yet; "colloquy keys create --name NAME" makes one.\n');
  for (const key of keys) print(describe(key));
}

async function revoke(idOrName: string, flags: Flags): Promise<void> {
  await using management = await openManagement(flags);
  const key = await management.revokeKey(idOrName);
  if (key === undefined) {
    throw new UsageError(`No key in use has the id or name ${plainText(idOrName)}; "colloquy keys" lists them`);
  }
  print(flags.json ? JSON.stringify(key, null, 2) : describe(key));
}

/** The credentials of the data folder that the flags name. The server's package is loaded here: most commands do without it. */
export async function openManagement(flags: { data?: string }): Promise<Management> {
  useDataFolder(flags);
  const server = await import('@colloquy/server');
  return server.openManagement(dataFolder(process.env));
}

function describe({ id, name, role, user, environment_id, ...at }: KeyObject): string {
  const holder = environment_id === null ? `${role} ${user}` : `worker of ${environment_id}`;
  const used = at.last_used_at === null ? 'not used yet' : `used ${minute(at.last_used_at)}`;
  return [id, plainText(name), holder, validity(at), used].join('  ');
}

function validity({ revoked_at, expires_at }: Pick<KeyObject, 'revoked_at' | 'expires_at'>): string {
  if (revoked_at !== null) return `revoked ${minute(revoked_at)}`;
  if (expires_at === null) return 'does not expire';
  return `${Date.parse(expires_at) <= Date.now() ? 'expired' : 'expires'} ${minute(expires_at)}`;
}

/** ISO 8601 in UTC to the minute. */
function minute(at: string): string {
  return `${at.slice(0, 16)}Z`;
}

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A time from now, or a date; in milliseconds since 1970. */
export function parseExpiry(text: string, _before?: unknown, now: number = Date.now()): number {
  const [, count, unit] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined && unit in UNITS) {
    // The pattern lets no other letter through.
    return now + Number(count) * UNITS[unit as keyof typeof UNITS];
  }
  const at = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new InvalidArgumentError('It takes "12h", "90d", or a date such as "2027-06-30".');
  if (at <= now) throw new InvalidArgumentError('It takes a time in the future.');
  return at;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
