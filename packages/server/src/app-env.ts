import type { AppOptions } from './app-options.ts';
import type { Auth } from './auth/auth.ts';
import type { Principal } from './auth/principal.ts';
import type { Webhooks } from './doors/managed/webhooks/create-webhooks.ts';
import type { AnswerRecords } from './idempotency/answer-records.ts';
import type { FormDigest } from './idempotency/form-digest.ts';
import type { HostEngine, SessionHost } from './live/session-host.ts';
import type { Viewers } from './live/viewers.ts';
import type { FileBlobs } from './resources/files/file-blobs.ts';
import type { SessionEvents } from './doors/managed/events/session-events.ts';
import type { SessionFolders } from './resources/own-folders.ts';
import type { Sessions } from './resources/sessions.ts';
import type { WorkQueue } from './resources/work/work-queue.ts';
import type { Workspaces } from './resources/workspaces.ts';
import type { TranscriptIndex } from './search/transcript-index.ts';
import type { Tables } from './store/tables.ts';

/** What the routes share. Nothing in here belongs to one client. */
export type App = {
  readonly options: AppOptions;
  readonly auth: Auth;
  readonly engine: HostEngine;
  readonly host: SessionHost;
  readonly sessions: Sessions;
  readonly workspaces: Workspaces;
  /** The folders of sessions that have one of their own. */
  readonly folders: SessionFolders;
  /** Sessions as the Managed Agents API tells of them. */
  readonly events: SessionEvents;
  /** The resources beside the conversations; opened when first asked for. */
  readonly tables: () => Promise<Tables>;
  /** What POSTs were answered, for their repeats. */
  readonly answers: () => Promise<AnswerRecords>;
  /** The words of the conversations. */
  readonly search: () => Promise<TranscriptIndex>;
  /** Who has a stream open, and of which session. */
  readonly viewers: Viewers;
  readonly webhooks: Webhooks;
  /** What workers of self-hosted environments take. */
  readonly work: WorkQueue;
  /** The bytes of uploaded files. */
  readonly blobs: FileBlobs;
  /** Aborted when the server closes: streams end then. */
  readonly closing: AbortSignal;
};

/** What a request carries through its middlewares. */
export type AppEnv = {
  Variables: {
    requestId: string;
    principal: Principal;
    /** A UUID that stays the same when the request is done again: what it creates is named after it (`idFrom`, `uuidFrom`). */
    nonce: string;
    /** It was at work before, and was cut off: what it does may have been done. */
    isTakenOver?: boolean;
    /** Of an upload with an Idempotency-Key: its route tells it the form, by which repeats of it are known. */
    formDigest?: FormDigest;
    /** False: the answer holds a secret, and is not kept for repeats of the request. */
    keepAnswer?: boolean;
  };
};
