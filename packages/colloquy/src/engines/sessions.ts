import { ConfigurationError, SessionNotFoundError } from '../errors.ts';
import { defaultEngine, engineFor } from '#engines';
import type { HttpSend } from '../messages-api/http-send.ts';
import type { ServerConnection } from '../options/server-connection.ts';
import type { SessionStore } from '../options/session-store.ts';
import type { SDKSessionInfo, SessionFunctions, SessionMessage } from './engine.ts';

/**
 * `engine: 'cli'`: the sessions that Claude Code has kept for this user, in place of those in our own store. `server`: those of that
 * server; `send` replaces the network to it.
 */
export type AtServer = {
  engine?: 'api' | 'cli' | 'remote' | undefined;
  server?: ServerConnection | undefined;
  send?: HttpSend | undefined;
};

/**
 * `dir`: the working directory of the session; in another one it counts as unknown. Default: any. `sessionStore`: Claude Code's sessions
 * of that directory (default: this process's) that a store of the program's keeps, in place of those on this machine.
 */
export type InDirectory = AtServer & { dir?: string | undefined; sessionStore?: SessionStore | undefined };
type Page = { limit?: number | undefined; offset?: number | undefined };
/** `includeWorktrees`: with `dir`, those of the repository's other working trees too; only of Claude Code's sessions. Default true. */
export type ListSessionsOptions = InDirectory & Page & { includeWorktrees?: boolean | undefined };
export type GetSessionInfoOptions = InDirectory;
export type GetSessionMessagesOptions = InDirectory & Page;
export type ListSubagentsOptions = InDirectory;
export type GetSubagentMessagesOptions = InDirectory & Page;
export type SessionMutationOptions = InDirectory;
export type ForkSessionOptions = InDirectory & { upToMessageId?: string | undefined; title?: string | undefined };
export type ForkSessionResult = { sessionId: string };

/** The stored sessions, newest activity first; with `dir`, only those of that working directory. */
export function listSessions(o?: ListSessionsOptions): Promise<SDKSessionInfo[]> {
  return sessionsOf(o).list(o);
}

/** What is known of a session; `undefined` when there is none. */
export async function getSessionInfo(
  sessionId: string,
  o: GetSessionInfoOptions = {},
): Promise<SDKSessionInfo | undefined> {
  const info = await sessionsOf(o).get(sessionId);
  return o.dir === undefined || o.sessionStore !== undefined || info?.cwd === o.dir ? info : undefined;
}

/** The prompts and answers of a session, oldest first; none for a session that does not exist. */
export async function getSessionMessages(
  sessionId: string,
  o: GetSessionMessagesOptions = {},
): Promise<SessionMessage[]> {
  if ((await getSessionInfo(sessionId, o)) === undefined) return [];
  return sessionsOf(o).messages(sessionId, o);
}

/**
 * The ids of the agents that worked in a session; none for one that does not exist.
 * @throws ConfigurationError where agents have no history of their own: it needs `engine: 'cli'` so far
 */
export async function listSubagents(sessionId: string, o: ListSubagentsOptions = {}): Promise<string[]> {
  const sessions = sessionsOf(o);
  if (sessions.agents === undefined) throw onlyOfClaudeCode('listSubagents');
  return (await isElsewhere(sessionId, o)) ? [] : sessions.agents(sessionId);
}

/**
 * What an agent was told and said, oldest first; nothing of one that does not exist.
 * @throws ConfigurationError as `listSubagents`
 */
export async function getSubagentMessages(
  sessionId: string,
  agentId: string,
  o: GetSubagentMessagesOptions = {},
): Promise<SessionMessage[]> {
  const sessions = sessionsOf(o);
  if (sessions.agentMessages === undefined) throw onlyOfClaudeCode('getSubagentMessages');
  return (await isElsewhere(sessionId, o)) ? [] : sessions.agentMessages(sessionId, agentId, o);
}

/**
 * Makes a new session with the same history, up to and including a message (default: all of it).
 * @throws SessionNotFoundError
 */
export async function forkSession(sessionId: string, o: ForkSessionOptions = {}): Promise<ForkSessionResult> {
  await checkDirectory(sessionId, o);
  return sessionsOf(o).fork(sessionId, o);
}

/**
 * Gives a session a title.
 * @throws SessionNotFoundError | ConfigurationError if it is empty
 */
export async function renameSession(sessionId: string, title: string, o: SessionMutationOptions = {}): Promise<void> {
  await checkDirectory(sessionId, o);
  return sessionsOf(o).rename(sessionId, title);
}

/**
 * Marks a session with a tag; null removes it.
 * @throws SessionNotFoundError | ConfigurationError if it is empty
 */
export async function tagSession(sessionId: string, tag: string | null, o: SessionMutationOptions = {}): Promise<void> {
  await checkDirectory(sessionId, o);
  return sessionsOf(o).tag(sessionId, tag);
}

/**
 * Removes a session and all that was said in it.
 * @throws SessionNotFoundError | SessionBusyError
 */
export async function deleteSession(sessionId: string, o: SessionMutationOptions = {}): Promise<void> {
  await checkDirectory(sessionId, o);
  return sessionsOf(o).delete(sessionId);
}

/**
 * Puts a session away: it stays, and is listed as `archived`. A prompt in it takes it out again.
 * @throws SessionNotFoundError; ConfigurationError where sessions cannot be archived: it needs `engine: 'cli'` so far, and no store
 */
export async function archiveSession(sessionId: string, o: SessionMutationOptions = {}): Promise<void> {
  await setArchived(sessionId, true, o);
}

/**
 * Takes a session out again that was put away.
 * @throws as `archiveSession`
 */
export async function unarchiveSession(sessionId: string, o: SessionMutationOptions = {}): Promise<void> {
  await setArchived(sessionId, false, o);
}

async function setArchived(sessionId: string, isArchived: boolean, o: SessionMutationOptions): Promise<void> {
  const sessions = sessionsOf(o);
  if (sessions.archive === undefined) throw onlyOfClaudeCode(isArchived ? 'archiveSession' : 'unarchiveSession');
  await checkDirectory(sessionId, o);
  await sessions.archive(sessionId, isArchived);
}

const onlyOfClaudeCode = (name: string): ConfigurationError =>
  new ConfigurationError(`${name} is there for the sessions of Claude Code; add \`engine: 'cli'\` if you mean those`);

async function checkDirectory(sessionId: string, o: InDirectory): Promise<void> {
  if (await isElsewhere(sessionId, o)) throw new SessionNotFoundError(sessionId);
}

async function isElsewhere(sessionId: string, o: InDirectory): Promise<boolean> {
  return o.dir !== undefined && o.sessionStore === undefined && (await getSessionInfo(sessionId, o)) === undefined;
}

function sessionsOf({ engine, server, send, sessionStore, dir }: InDirectory = {}): SessionFunctions {
  if (sessionStore !== undefined) {
    const stored = engineFor({ engine: 'cli' }).sessions.inStore?.(sessionStore, dir);
    if (stored === undefined) throw new ConfigurationError('A store of sessions needs Node');
    return stored;
  }
  if (engine === 'remote' || server !== undefined) return engineFor({ engine: 'remote', server, send }).sessions;
  return engine === 'cli' ? engineFor({ engine }).sessions : defaultEngine().sessions;
}
