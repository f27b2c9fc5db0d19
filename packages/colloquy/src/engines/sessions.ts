import { SessionNotFoundError } from '../errors.ts';
import { defaultEngine, engineFor } from '#engines';
import type { HttpSend } from '../messages-api/http-send.ts';
import type { ServerConnection } from '../options/server-connection.ts';
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

/** `dir`: the working directory of the session; in another one it counts as unknown. Default: any. */
export type InDirectory = AtServer & { dir?: string | undefined };
export type ListSessionsOptions = InDirectory & { limit?: number | undefined; offset?: number | undefined };
export type GetSessionInfoOptions = InDirectory;
export type GetSessionMessagesOptions = InDirectory & { limit?: number | undefined; offset?: number | undefined };
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
  return o.dir === undefined || info?.cwd === o.dir ? info : undefined;
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

async function checkDirectory(sessionId: string, o: InDirectory): Promise<void> {
  if (o.dir === undefined) return;
  if ((await getSessionInfo(sessionId, o)) === undefined) throw new SessionNotFoundError(sessionId);
}

function sessionsOf({ engine, server, send }: AtServer = {}): SessionFunctions {
  if (engine === 'remote' || server !== undefined) return engineFor({ engine: 'remote', server, send }).sessions;
  return engine === 'cli' ? engineFor({ engine }).sessions : defaultEngine().sessions;
}
