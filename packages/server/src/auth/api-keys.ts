import { ConfigurationError } from 'colloquy';
import type { Selectable } from 'kysely';
import { newId } from '../resources/ids.ts';
import { Remembered } from '../store/remembered.ts';
import type { ApiKeyTable } from '../store/table-types.ts';
import type { Tables } from '../store/tables.ts';
import { LOCAL_USER, type Role } from './principal.ts';
import { hashSecret, newSecret } from './secrets.ts';

/** What the secrets of keys begin with, so that people and scanners know one when they see it. */
const PREFIX = 'colloquy_';
/** How often the use of a key is written down at most. */
const NOTE_USE_EVERY_MS = 60_000;

const NAME = /^[^\p{C}\s](?:[^\p{C}]{0,98}[^\p{C}\s])?$/u;
const USER = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$/;

/** An API key without its secret, which is nowhere. */
export type ApiKey = Selectable<ApiKeyTable>;

export type NewApiKey = {
  /** For people, and to revoke it by; another than that of every key in use. */
  name: string;
  /** Whose things it sees and makes; for a worker's key, its environment says so. */
  user: string;
  role: Role;
  /** Milliseconds since 1970; undefined: never. */
  expiresAt?: number | undefined;
  /** Makes it a worker's key: good for the work queue of this environment, and nothing else. */
  environment?: string | undefined;
};

/** The API keys of a data folder. Several processes may make, use and revoke them at once. */
export class ApiKeys {
  readonly #tables: () => Promise<Tables>;
  readonly #notedAt = new Map<string, number>();
  /** Every request asks whose its key is. */
  readonly #byHash: Remembered<ApiKey>;

  constructor(tables: () => Promise<Tables>) {
    this.#tables = tables;
    this.#byHash = new Remembered(tables, (all, hash) =>
      all.selectFrom('api_key').selectAll().where('hash', '=', hash).executeTakeFirst(),
    );
  }

  /**
   * Makes a key; durable when it resolves. Its secret is told here and never again.
   * @param id of a request that may come twice: the second time the key gets a new secret, since nobody has seen the first.
   * @throws ConfigurationError for what makes no key, and for a name in use
   */
  async create(key: NewApiKey, id: string = newId('key')): Promise<{ key: ApiKey; secret: string }> {
    checkNewKey(key);
    const tables = await this.#tables();
    const user = key.environment === undefined ? key.user : await ownerOf(tables, key.environment);
    const secret = PREFIX + newSecret();
    const row: ApiKey = {
      id,
      name: key.name,
      user,
      role: key.role,
      hash: hashSecret(secret),
      environment: key.environment ?? null,
      created_at: Date.now(),
      expires_at: key.expiresAt ?? null,
      last_used_at: null,
      revoked_at: null,
    };
    const isNew = await tables
      .insertInto('api_key')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst();
    const made = isNew ?? (await this.#renew(row));
    if (made === undefined) throw new ConfigurationError(`There is a key named "${key.name}"; revoke it first`);
    return { key: row, secret };
  }

  /** Gives a key that was made before another secret. */
  async #renew({ id, hash }: ApiKey): Promise<Pick<ApiKey, 'id'> | undefined> {
    const tables = await this.#tables();
    return tables.updateTable('api_key').set({ hash }).where('id', '=', id).returning('id').executeTakeFirst();
  }

  /** Newest first; revoked ones stay listed. */
  async list(): Promise<ApiKey[]> {
    const tables = await this.#tables();
    return tables.selectFrom('api_key').selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc').execute();
  }

  /** Ends a key, by its id or its name; durable when it resolves. Undefined when there is none in use. */
  async revoke(idOrName: string): Promise<ApiKey | undefined> {
    const tables = await this.#tables();
    return tables
      .updateTable('api_key')
      .set({ revoked_at: Date.now() })
      .where((where) => where.or([where('id', '=', idOrName), where('name', '=', idOrName)]))
      .where('revoked_at', 'is', null)
      .returningAll()
      .executeTakeFirst();
  }

  /** The key in use whose secret has this hash. */
  async find(hash: string): Promise<ApiKey | undefined> {
    const key = await this.#byHash.get(hash);
    return key !== undefined && isGood(key) ? key : undefined;
  }

  /** Which of these keys are still good. */
  async goodOf(ids: readonly string[]): Promise<Set<string>> {
    const tables = await this.#tables();
    const rows = await tables
      .selectFrom('api_key')
      .select(['id', 'revoked_at', 'expires_at'])
      .where('id', 'in', ids)
      .execute();
    return new Set(rows.filter(isGood).map(({ id }) => id));
  }

  /** Writes down that a key has been used: once a minute at most, however many requests there are. */
  async noteUse(id: string): Promise<void> {
    const now = Date.now();
    if (now - (this.#notedAt.get(id) ?? -Infinity) < NOTE_USE_EVERY_MS) return;
    this.#notedAt.set(id, now);
    const tables = await this.#tables();
    await tables.updateTable('api_key').set({ last_used_at: now }).where('id', '=', id).execute();
  }

  /** Whether there is a key of anybody but the person at this machine. */
  async haveOtherUsers(): Promise<boolean> {
    const tables = await this.#tables();
    const others = await tables
      .selectFrom('api_key')
      .select(['revoked_at', 'expires_at'])
      .where('user', '!=', LOCAL_USER)
      .where('revoked_at', 'is', null)
      .execute();
    return others.some(isGood);
  }
}

function isGood({ revoked_at, expires_at }: Pick<ApiKey, 'revoked_at' | 'expires_at'>): boolean {
  return revoked_at === null && (expires_at === null || Date.now() < expires_at);
}

/** @throws ConfigurationError for an environment that is not there */
async function ownerOf(tables: Tables, environment: string): Promise<string> {
  const row = await tables
    .selectFrom('environment')
    .select('owner')
    .where('id', '=', environment)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (row !== undefined) return row.owner;
  throw new ConfigurationError(`environment_id: there is no environment ${environment.slice(0, 100)}`);
}

function checkNewKey({ name, user, role, expiresAt, environment }: NewApiKey): void {
  if (!NAME.test(name) || name.startsWith('key_')) {
    throw new ConfigurationError('name: 1 to 100 printable characters, which do not begin with "key_"');
  }
  if (!USER.test(user)) {
    throw new ConfigurationError('user: 1 to 100 letters, digits or ._@+-, beginning with a letter or digit');
  }
  if (expiresAt !== undefined && !(expiresAt > Date.now())) {
    throw new ConfigurationError('expires_at: must be in the future');
  }
  if (environment !== undefined && role !== 'user') {
    throw new ConfigurationError('role: a key for the work of an environment has the role user');
  }
}
