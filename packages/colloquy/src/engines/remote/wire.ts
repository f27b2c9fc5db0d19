import { APIConnectionError } from '../../errors.ts';
import { isRecord } from '../../helpers/is-record.ts';
import type { SDKPermissionRequestMessage } from '../../messages.ts';
import type { SDKSessionInfo } from '../engine.ts';
import type { CallRequest } from './run-calls.ts';

// What the server's routes answer, read loosely: it may be newer than this program.

/** A session as the server tells of it alone. */
export type SessionDetails = {
  id: string;
  model: string | undefined;
  permissionMode: string | undefined;
  /** As given when it was made. */
  options: Record<string, unknown>;
  /** Names of the tools that a client has declared. */
  tools: string[];
};

/** Where a session stands, and what waits for somebody. */
export type Pending = { head: number; requests: SDKPermissionRequestMessage[]; calls: CallRequest[] };

export const NOTHING_PENDING: Pending = { head: 0, requests: [], calls: [] };

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const list = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isRecord) : []);

export function readSession(body: unknown): SessionDetails {
  const session = record(body, 'a session');
  const id = text(session['id']);
  if (id === undefined) throw unreadable('a session');
  return {
    id,
    model: text(session['model']),
    permissionMode: text(session['permission_mode']),
    options: isRecord(session['options']) ? session['options'] : {},
    tools: list(session['tools']).map(({ name }) => String(name)),
  };
}

export function readPending(body: unknown): Pending {
  const pending = record(body, 'what a session waits for');
  const head = pending['head'];
  if (typeof head !== 'number') throw unreadable('what a session waits for');
  return {
    head,
    // The messages by which the stream tells of the same.
    requests: list(pending['requests']) as SDKPermissionRequestMessage[],
    calls: list(pending['calls']) as CallRequest[],
  };
}

export function readSessionList(body: unknown): { sessions: SDKSessionInfo[]; next: string | undefined } {
  const page = record(body, 'a list of sessions');
  if (!Array.isArray(page['data'])) throw unreadable('a list of sessions');
  return { sessions: list(page['data']).map(readInfo), next: text(page['next_page']) };
}

export function readInfo(body: unknown): SDKSessionInfo {
  const session = record(body, 'a session');
  const customTitle = text(session['custom_title']);
  const firstPrompt = text(session['first_prompt']);
  const tag = text(session['tag']);
  return {
    sessionId: String(session['id']),
    summary: text(session['summary']) ?? text(session['title']) ?? '',
    lastModified: Date.parse(String(session['updated_at'])),
    createdAt: Date.parse(String(session['created_at'])),
    cwd: text(session['cwd']),
    ...(customTitle === undefined ? {} : { customTitle }),
    ...(firstPrompt === undefined ? {} : { firstPrompt }),
    ...(tag === undefined ? {} : { tag }),
  };
}

export function record(body: unknown, what: string): Record<string, unknown> {
  if (!isRecord(body)) throw unreadable(what);
  return body;
}

function unreadable(what: string): APIConnectionError {
  return new APIConnectionError(`The server's answer cannot be read as ${what}; it may be of another version`);
}
