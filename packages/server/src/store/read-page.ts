import { type Expression, sql, type SqlBool } from 'kysely';
import { seenOwner } from '../auth/ownership.ts';
import type { Principal } from '../auth/principal.ts';
import { goesUp, type PageRequest } from '../http/page.ts';

/** Rows after the request's place, by two columns: a number and, among equal ones, the id. */
export function inPage(at: string, id: string, request: PageRequest): Expression<SqlBool> {
  if (request.from === undefined) return sql<SqlBool>`true`;
  const [fromAt, fromId] = request.from;
  return goesUp(request)
    ? sql<SqlBool>`(${sql.ref(at)}, ${sql.ref(id)}) > (${fromAt}, ${fromId})`
    : sql<SqlBool>`(${sql.ref(at)}, ${sql.ref(id)}) < (${fromAt}, ${fromId})`;
}

/** Rows of a table with a column `owner` that the principal may see. */
export function listedFor(table: string, principal: Principal): Expression<SqlBool> {
  const owner = seenOwner(principal);
  return owner === undefined ? sql<SqlBool>`true` : sql<SqlBool>`${sql.ref(`${table}.owner`)} = ${owner}`;
}
