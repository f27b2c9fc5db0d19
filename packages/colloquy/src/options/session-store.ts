import { isRecord } from '../helpers/is-record.ts';

/** Which transcript: that of a session, or of one of its parts, such as an agent's (`subagents/agent-ID`). */
export type SessionKey = {
  /** Made of the working directory. */
  projectKey: string;
  sessionId: string;
  subpath?: string | undefined;
};

/** One line of a transcript, to be kept as it is. */
export type SessionStoreEntry = {
  type: string;
  uuid?: string | undefined;
  timestamp?: string | undefined;
  [field: string]: unknown;
};

/**
 * Keeps what Claude Code writes of its sessions in another place too, and gives it back to go on elsewhere. A store never holds up the
 * conversation for good: what it refuses three times, or takes longer than a minute for, is dropped, and told as `mirror_error`.
 */
export type SessionStore = {
  /** Entries in order, after they were written on this machine. One with a uuid may come twice, and is to be kept once. */
  append(key: SessionKey, entries: SessionStoreEntry[]): Promise<void>;
  /** All entries of a transcript, in order; null for one that was never written. */
  load(key: SessionKey): Promise<SessionStoreEntry[] | null>;
  /** Needed to list sessions and to continue the newest. `mtime`: milliseconds since 1970. */
  listSessions?(projectKey: string): Promise<{ sessionId: string; mtime: number }[]>;
  /** Without it, sessions stay when they are deleted. */
  delete?(key: SessionKey): Promise<void>;
  /** The parts of a session. Without it, agents are left behind when a session is resumed. */
  listSubkeys?(key: { projectKey: string; sessionId: string }): Promise<string[]>;
};

/** `batched`: what was written is handed on at the end of each turn, or earlier if it is much; `eager`: at once. */
export type SessionStoreFlush = 'batched' | 'eager';

/** Says what a store would have to be, after "must be "; undefined when it is fine. */
export function checkSessionStore(value: unknown): string | undefined {
  const isStore = isRecord(value) && typeof value['append'] === 'function' && typeof value['load'] === 'function';
  return isStore ? undefined : 'a store with append(key, entries) and load(key)';
}
