import type { SDKMessage } from 'colloquy';

// What the server's native API sends and takes, as far as the page uses it. Fields keep the wire's spelling.

/** `GET /v1/native/info`. */
export type ServerFacts = {
  version: string;
  /** The model of new conversations. */
  model: string;
  /** True: no real model answers, the emulator does. */
  simulated: boolean;
  endpoint: string;
  /** Where the tools work. */
  cwd: string;
  /** `off`: there is none, and so no command runs. */
  sandbox: 'none' | 'working' | 'off';
  /** Under what name this browser's answers are told. */
  you: string;
  /** The mode of new conversations. */
  permissionMode: string;
  permissionModes: string[];
  models: { value: string; displayName: string }[];
};

/** A conversation as the list shows it. */
export type SessionSummary = {
  id: string;
  title: string | null;
  created_at: string;
  updated_at: string;
  running: boolean;
  cwd: string;
  model: string | null;
  permission_mode: string | null;
  /** Its policies decide what is asked, in the place of a mode. */
  agent: { id: string; name: string } | null;
  /** Since when it can only be read. */
  archived_at: string | null;
};

export type SessionPage = { data: SessionSummary[]; next_page: string | null };

export type NewSessionOptions = { permissionMode?: string | undefined };

export type Answer =
  | { behavior: 'allow'; updatedInput?: Record<string, unknown> | undefined }
  | { behavior: 'deny'; message?: string | undefined };

/** Text so far of blocks whose beginning this reader has missed. */
export type OpenBlock = { index: number; text: string; api_message_id?: string | undefined };

/** One frame of a session's stream. */
export type Frame = { type: 'message'; message: SDKMessage } | { type: 'gap'; open: OpenBlock[] };
