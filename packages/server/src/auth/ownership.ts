import { HttpError } from '../http/http-error.ts';
import type { Principal } from './principal.ts';

/**
 * The one place that decides whose things are whose. Every resource asks here, for a route, a stream, a socket, a cursor, and for ids
 * in a body alike. A thing that a principal may not see does not exist for it: its answer is that for an unknown id.
 */

/** Whether a principal sees what belongs to `owner`. */
export function maySee(principal: Principal, owner: string): boolean {
  return principal.role === 'admin' || principal.user === owner;
}

/** For lists: whose things a principal sees; undefined for everybody's. */
export function seenOwner(principal: Principal): string | undefined {
  return principal.role === 'admin' ? undefined : principal.user;
}

/** @throws HttpError 403 for a principal that only looks on */
export function mustWrite(principal: Principal): void {
  if (principal.role !== 'observer') return;
  throw new HttpError(
    403,
    'This credential only looks on: its role is observer, which changes nothing and answers nothing',
  );
}

/** @throws HttpError 403 for anybody but an admin */
export function mustBeAdmin(principal: Principal): void {
  if (principal.role !== 'admin') throw new HttpError(403, 'Only a credential with the role admin may do this');
}
