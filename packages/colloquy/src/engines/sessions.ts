import { defaultEngine } from './default-engine.ts';
import type { SDKSessionInfo, SessionMessage } from './engine.ts';

/** The stored sessions, newest activity first; with `dir`, only those of that working directory. */
export function listSessions(o?: {
  dir?: string | undefined;
  limit?: number | undefined;
  offset?: number | undefined;
}): Promise<SDKSessionInfo[]> {
  return defaultEngine().sessions.list(o);
}

/** What is known of a session; `undefined` when there is none. */
export function getSessionInfo(sessionId: string): Promise<SDKSessionInfo | undefined> {
  return defaultEngine().sessions.get(sessionId);
}

/** The prompts and answers of a session, oldest first; none for a session that does not exist. */
export function getSessionMessages(
  sessionId: string,
  o?: { limit?: number | undefined; offset?: number | undefined },
): Promise<SessionMessage[]> {
  return defaultEngine().sessions.messages(sessionId, o);
}

/**
 * Makes a new session with the same history, up to and including a message (default: all of it).
 * @throws SessionNotFoundError
 */
export function forkSession(
  sessionId: string,
  o?: { upToMessageId?: string | undefined; title?: string | undefined },
): Promise<{ sessionId: string }> {
  return defaultEngine().sessions.fork(sessionId, o);
}

/**
 * Gives a session a title.
 * @throws SessionNotFoundError
 */
export function renameSession(sessionId: string, title: string): Promise<void> {
  return defaultEngine().sessions.rename(sessionId, title);
}

/**
 * Marks a session with a tag; null removes it.
 * @throws SessionNotFoundError
 */
export function tagSession(sessionId: string, tag: string | null): Promise<void> {
  return defaultEngine().sessions.tag(sessionId, tag);
}

/**
 * Removes a session and all that was said in it.
 * @throws SessionNotFoundError | SessionBusyError
 */
export function deleteSession(sessionId: string): Promise<void> {
  return defaultEngine().sessions.delete(sessionId);
}
