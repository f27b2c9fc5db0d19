import { isDeepStrictEqual } from 'node:util';
import { maySee, mustWrite } from '../../auth/ownership.ts';
import type { Principal } from '../../auth/principal.ts';
import { HttpError } from '../../http/http-error.ts';
import type { PageRequest } from '../../http/page.ts';
import type { Window } from '../../http/query.ts';
import type { Tables } from '../../store/tables.ts';
import { inPage, listedFor } from '../../store/read-page.ts';
import { idFrom } from '../ids.ts';
import { patchMetadata } from '../metadata.ts';
import { noteEvent } from '../webhooks/note-event.ts';
import type { AgentCreateInput, AgentUpdateInput } from './agent-input.ts';
import {
  type AgentData,
  type AgentVersion,
  readAgentData,
  toAgentData,
  toClearable,
  toModelConfig,
} from './agent-object.ts';
import { resolveTools } from './tool-config.ts';

/** @param nonce of the request: done twice, it makes one agent. @throws HttpError 400 | 403 */
export async function createAgent(
  tables: Tables,
  principal: Principal,
  input: AgentCreateInput,
  nonce: string,
): Promise<AgentVersion> {
  mustWrite(principal);
  const id = idFrom('agent', nonce);
  const data = JSON.stringify(toAgentData(input));
  const now = Date.now();
  await tables.transaction().execute(async (transaction) => {
    const { numInsertedOrUpdatedRows: made } = await transaction
      .insertInto('agent')
      .values({ id, owner: principal.user, version: 1, created_at: now, archived_at: null })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow();
    if (made === 0n) return;
    await transaction
      .insertInto('agent_version')
      .values({ agent_id: id, version: 1, nonce, data, created_at: now })
      .execute();
    await noteEvent(transaction, { type: 'agent.created', owner: principal.user, id, at: now, key: '' });
  });
  return getAgent(tables, principal, id);
}

/** @param version default: the newest. @throws HttpError 404 for an agent of somebody else as for one that is not there */
export async function getAgent(
  tables: Tables,
  principal: Principal,
  id: string,
  version?: number,
): Promise<AgentVersion> {
  const row = await versions(tables)
    .where('agent.id', '=', id)
    .where('agent_version.version', '=', (eb) => (version === undefined ? eb.ref('agent.version') : eb.val(version)))
    .executeTakeFirst();
  if (row !== undefined && maySee(principal, row.owner)) return toVersion(row);
  if (version !== undefined) {
    await getAgent(tables, principal, id);
    throw new HttpError(404, `The agent ${id} has no version ${version}`);
  }
  throw new HttpError(404, `There is no agent ${id.slice(0, 100)}`);
}

/**
 * A new version, unless nothing changes.
 * @throws HttpError 409 when `version` is not the newest, 400 for an archived agent
 */
export async function updateAgent(
  tables: Tables,
  principal: Principal,
  id: string,
  input: AgentUpdateInput,
  nonce: string,
): Promise<AgentVersion> {
  for (;;) {
    const current = await getAgent(tables, principal, id);
    mustWrite(principal);
    const done = await versions(tables)
      .where('agent.id', '=', id)
      .where('agent_version.nonce', '=', nonce)
      .executeTakeFirst();
    if (done !== undefined) return toVersion(done);
    if (current.archivedAt !== null) throw archived(id);
    if (input.version !== undefined && input.version !== current.version) throw outdated(id, current.version);
    const data = changed(current.data, input);
    if (isDeepStrictEqual(data, current.data)) return current;
    if (await addVersion(tables, current, data, nonce)) return getAgent(tables, principal, id);
    // Somebody else was quicker: look again, and decide about what is there now.
  }
}

/** Final. Sessions go on, new ones are refused; archived twice, it keeps its time. */
export async function archiveAgent(tables: Tables, principal: Principal, id: string): Promise<AgentVersion> {
  const { owner } = await getAgent(tables, principal, id);
  mustWrite(principal);
  await tables.transaction().execute(async (transaction) => {
    const at = Date.now();
    const { numUpdatedRows } = await transaction
      .updateTable('agent')
      .set({ archived_at: at })
      .where('id', '=', id)
      .where('archived_at', 'is', null)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows > 0n) await noteEvent(transaction, { type: 'agent.archived', owner, id, at, key: '' });
  });
  return getAgent(tables, principal, id);
}

/** Newest first; one more than the limit where there are more. */
export async function listAgents(
  tables: Tables,
  principal: Principal,
  o: { request: PageRequest; window: Window; includeArchived: boolean },
): Promise<AgentVersion[]> {
  const rows = await versions(tables)
    .whereRef('agent_version.version', '=', 'agent.version')
    .where(listedFor('agent', principal))
    .where('agent.created_at', '>=', o.window.from)
    .where('agent.created_at', '<=', o.window.to)
    .$if(!o.includeArchived, (query) => query.where('agent.archived_at', 'is', null))
    .where(inPage('agent.created_at', 'agent.id', o.request))
    .orderBy('agent.created_at', o.request.order)
    .orderBy('agent.id', o.request.order)
    .limit(o.request.limit + 1)
    .execute();
  return rows.map(toVersion);
}

/** The newest version first. @param request whose places are version numbers */
export async function listVersions(
  tables: Tables,
  principal: Principal,
  id: string,
  request: PageRequest,
): Promise<AgentVersion[]> {
  await getAgent(tables, principal, id);
  const rows = await versions(tables)
    .where('agent.id', '=', id)
    .where(inPage('agent_version.version', 'agent.id', request))
    .orderBy('agent_version.version', request.order)
    .limit(request.limit + 1)
    .execute();
  return rows.map(toVersion);
}

export function archived(id: string): HttpError {
  return new HttpError(400, `The agent ${id} is archived`, { details: { error_code: 'agent_archived' } });
}

function outdated(id: string, version: number): HttpError {
  return new HttpError(409, `version: the agent ${id} is at version ${version}; read it and decide again`, {
    details: { error_code: 'agent_version_mismatch', current_version: version },
  });
}

/** False when the version has been made meanwhile. */
function addVersion(tables: Tables, current: AgentVersion, data: AgentData, nonce: string): Promise<boolean> {
  const { id, owner } = current;
  const version = current.version + 1;
  const at = Date.now();
  return tables.transaction().execute(async (transaction) => {
    const { numUpdatedRows } = await transaction
      .updateTable('agent')
      .set({ version })
      .where('id', '=', id)
      .where('version', '=', current.version)
      .where('archived_at', 'is', null)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 0n) return false;
    await transaction
      .insertInto('agent_version')
      .values({ agent_id: id, version, nonce, data: JSON.stringify(data), created_at: at })
      .execute();
    await noteEvent(transaction, { type: 'agent.updated', owner, id, at, key: String(version) });
    return true;
  });
}

/** What is absent stays; metadata is patched, everything else replaced. */
function changed(data: AgentData, input: AgentUpdateInput): AgentData {
  const { name, description, model, system, tools, metadata } = input;
  return {
    name: name ?? data.name,
    description: description === undefined ? data.description : toClearable(description),
    model: model === undefined ? data.model : toModelConfig(model),
    system: system === undefined ? data.system : toClearable(system),
    tools: tools === undefined ? data.tools : resolveTools(tools ?? []),
    metadata: patchMetadata(data.metadata, metadata),
  };
}

function versions(tables: Tables) {
  return tables
    .selectFrom('agent')
    .innerJoin('agent_version', 'agent_version.agent_id', 'agent.id')
    .select([
      'agent.id',
      'agent.owner',
      'agent.created_at',
      'agent.archived_at',
      'agent_version.version',
      'agent_version.data',
      'agent_version.created_at as updated_at',
    ]);
}

type Row = Awaited<ReturnType<ReturnType<typeof versions>['executeTakeFirstOrThrow']>>;

function toVersion(row: Row): AgentVersion {
  return {
    id: row.id,
    owner: row.owner,
    version: row.version,
    data: readAgentData(row.data),
    createdAt: row.created_at,
    updatedAt: Math.max(row.updated_at, row.archived_at ?? 0),
    archivedAt: row.archived_at,
  };
}
