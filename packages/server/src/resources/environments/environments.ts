import { maySee, mustWrite } from '../../auth/ownership.ts';
import type { Principal } from '../../auth/principal.ts';
import { HttpError } from '../../http/http-error.ts';
import type { PageRequest } from '../../http/page.ts';
import { inPage, listedFor } from '../../store/read-page.ts';
import type { EnvironmentTable } from '../../store/resource-tables.ts';
import type { Tables } from '../../store/tables.ts';
import { isUniqueViolation } from '../../store/unique-violation.ts';
import { idFrom } from '../ids.ts';
import { type Metadata, MetadataInput, patchMetadata } from '../metadata.ts';
import { noteEvent } from '../webhooks/note-event.ts';
import type { WebhookEvent } from '../webhooks/webhook-events.ts';
import { changedConfig, type EnvironmentConfig, readConfig } from './environment-config.ts';
import type { EnvironmentCreateInput, EnvironmentUpdateInput } from './environment-input.ts';

export type Environment = {
  id: string;
  owner: string;
  name: string;
  description: string | null;
  config: EnvironmentConfig;
  metadata: Metadata;
  createdAt: number;
  updatedAt: number;
  archivedAt: number | null;
};

/** Environments, and what the operator lets commands in them reach. */
export type EnvironmentRules = { reachableHosts: readonly string[] };

/** @throws HttpError 409 for a name that the user has given already, 400, 403 */
export async function createEnvironment(
  tables: Tables,
  principal: Principal,
  input: EnvironmentCreateInput,
  { nonce, reachableHosts }: EnvironmentRules & { nonce: string },
): Promise<Environment> {
  mustWrite(principal);
  const now = Date.now();
  const id = idFrom('env', nonce);
  const values = {
    id,
    owner: principal.user,
    name: input.name,
    description: input.description ?? null,
    config: JSON.stringify(changedConfig(undefined, input.config, reachableHosts)),
    metadata: JSON.stringify(patchMetadata({}, input.metadata)),
    created_at: now,
    updated_at: now,
    archived_at: null,
    deleted_at: null,
  };
  const made = tables.transaction().execute(async (transaction) => {
    const { numInsertedOrUpdatedRows: count } = await transaction
      .insertInto('environment')
      .values(values)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirstOrThrow();
    if (count === 0n) return;
    await noteEvent(transaction, { type: 'environment.created', owner: principal.user, id, at: now, key: '' });
  });
  await refuseTaken(input.name, made);
  return getEnvironment(tables, principal, id);
}

/** @throws HttpError 404 `environment_not_found`, for one of somebody else as for one that is not there */
export async function getEnvironment(tables: Tables, principal: Principal, id: string): Promise<Environment> {
  const row = await tables
    .selectFrom('environment')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (row !== undefined && maySee(principal, row.owner)) return toEnvironment(row);
  throw new HttpError(404, `There is no environment ${id.slice(0, 100)}`, {
    details: { error_code: 'environment_not_found' },
  });
}

/** The environment that a new session names. @throws HttpError 404 `environment_not_found`, 400 `environment_archived` */
export async function environmentForSession(tables: Tables, principal: Principal, id: string): Promise<Environment> {
  const environment = await getEnvironment(tables, principal, id);
  if (environment.archivedAt !== null) throw archived(id);
  return environment;
}

/** Where a session works that was made in it: its configuration outlives its deletion. For the server itself. */
export async function configOfEnvironment(tables: Tables, id: string): Promise<EnvironmentConfig> {
  const { config } = await tables
    .selectFrom('environment')
    .select('config')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return readConfig(config);
}

/** @throws HttpError 400 `environment_archived`, 400 `invalid_config_type_change`, 409 for a name that is taken */
export async function updateEnvironment(
  tables: Tables,
  principal: Principal,
  id: string,
  input: EnvironmentUpdateInput,
  { reachableHosts }: EnvironmentRules,
): Promise<Environment> {
  for (;;) {
    const current = await getEnvironment(tables, principal, id);
    mustWrite(principal);
    if (current.archivedAt !== null) throw archived(id);
    const name = input.name ?? current.name;
    const values = {
      name,
      description: input.description === undefined ? current.description : input.description,
      config: JSON.stringify(changedConfig(current.config, input.config, reachableHosts)),
      metadata: JSON.stringify(patchMetadata(current.metadata, withoutEmpty(input.metadata))),
      // Later than before, even within a millisecond: by it two changes at once are told apart.
      updated_at: Math.max(Date.now(), current.updatedAt + 1),
    };
    if (await refuseTaken(name, change(tables, current, values, 'environment.updated'))) {
      return getEnvironment(tables, principal, id);
    }
  }
}

/** No new sessions; archived twice, it keeps its time. */
export async function archiveEnvironment(tables: Tables, principal: Principal, id: string): Promise<Environment> {
  for (;;) {
    const current = await getEnvironment(tables, principal, id);
    mustWrite(principal);
    if (current.archivedAt !== null) return current;
    const now = Math.max(Date.now(), current.updatedAt + 1);
    await change(tables, current, { archived_at: now, updated_at: now }, 'environment.archived');
  }
}

/** What is said about it is erased; its configuration stays for the sessions in it, which go on. */
export async function deleteEnvironment(tables: Tables, principal: Principal, id: string): Promise<void> {
  const { owner } = await getEnvironment(tables, principal, id);
  mustWrite(principal);
  const at = Date.now();
  await tables.transaction().execute(async (transaction) => {
    const { numUpdatedRows } = await transaction
      .updateTable('environment')
      .set({ deleted_at: at, name: '', description: null, metadata: '{}' })
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows > 0n) await noteEvent(transaction, { type: 'environment.deleted', owner, id, at, key: '' });
  });
}

/** Newest first; one more than the limit where there are more. */
export async function listEnvironments(
  tables: Tables,
  principal: Principal,
  o: { request: PageRequest; includeArchived: boolean },
): Promise<Environment[]> {
  const rows = await tables
    .selectFrom('environment')
    .selectAll()
    .where('deleted_at', 'is', null)
    .where(listedFor('environment', principal))
    .$if(!o.includeArchived, (query) => query.where('archived_at', 'is', null))
    .where(inPage('created_at', 'id', o.request))
    .orderBy('created_at', o.request.order)
    .orderBy('id', o.request.order)
    .limit(o.request.limit + 1)
    .execute();
  return rows.map(toEnvironment);
}

/** False when it has been changed meanwhile. */
function change(
  tables: Tables,
  { id, owner, updatedAt }: Environment,
  values: Partial<EnvironmentTable> & { updated_at: number },
  type: WebhookEvent,
): Promise<boolean> {
  return tables.transaction().execute(async (transaction) => {
    const { numUpdatedRows } = await transaction
      .updateTable('environment')
      .set(values)
      .where('id', '=', id)
      .where('updated_at', '=', updatedAt)
      .where('deleted_at', 'is', null)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 0n) return false;
    const at = values.updated_at;
    await noteEvent(transaction, { type, owner, id, at, key: String(at) });
    return true;
  });
}

function archived(id: string): HttpError {
  return new HttpError(400, `The environment ${id} is archived`, { details: { error_code: 'environment_archived' } });
}

/** Here an empty value deletes its key, as null does. */
function withoutEmpty(patch: EnvironmentUpdateInput['metadata']): EnvironmentUpdateInput['metadata'] {
  if (patch === null || patch === undefined) return patch;
  return Object.fromEntries(Object.entries(patch).map(([key, value]) => [key, value === '' ? null : value]));
}

async function refuseTaken<T>(name: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (!isUniqueViolation(cause)) throw cause;
    throw new HttpError(409, `name: there is an environment ${name} already`, { cause });
  }
}

function toEnvironment(row: EnvironmentTable): Environment {
  return {
    id: row.id,
    owner: row.owner,
    name: row.name,
    description: row.description,
    config: readConfig(row.config),
    metadata: MetadataInput.parse(JSON.parse(row.metadata)),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    archivedAt: row.archived_at,
  };
}
