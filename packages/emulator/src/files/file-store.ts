import { refuse } from '../refusals/refusal.ts';

/** A file as it is kept. */
export type StoredFile = {
  id: string;
  /** Grows with every file; tells places in lists apart from ids. */
  number: number;
  workspaceId: string;
  filename: string;
  mimeType: string;
  bytes: Uint8Array;
  createdAtMs: number;
  expiresAtMs: number | undefined;
  /** Only what tools made can be downloaded. */
  downloadable: boolean;
};

const DEFAULT_QUOTA_BYTES = 1024 ** 3;

/** The files of all workspaces, in memory. */
export class FileStore {
  readonly #files = new Map<string, StoredFile>();
  readonly #quotaBytes: number;
  #bytes = 0;
  #made = 0;

  /** @param quotaBytes of all files together. Default 1 GiB. */
  constructor(quotaBytes = DEFAULT_QUOTA_BYTES) {
    this.#quotaBytes = quotaBytes;
  }

  /** Keeps a file. @throws Refusal when there is no room for it. */
  add(file: Omit<StoredFile, 'number'>): StoredFile {
    if (this.#bytes + file.bytes.byteLength > this.#quotaBytes) {
      refuse(`File storage is full: ${this.#quotaBytes} bytes. Delete files, then upload again.`, {
        details: { error_code: 'storage_quota_exceeded' },
      });
    }
    this.#made += 1;
    const stored = { ...file, number: this.#made };
    this.#files.set(stored.id, stored);
    this.#bytes += stored.bytes.byteLength;
    return stored;
  }

  get(id: string, workspaceId: string): StoredFile | undefined {
    const file = this.#files.get(id);
    return file?.workspaceId === workspaceId ? file : undefined;
  }

  /** The files of a workspace, newest first. */
  list(workspaceId: string): StoredFile[] {
    return [...this.#files.values()].filter((file) => file.workspaceId === workspaceId).toReversed();
  }

  delete(file: StoredFile): void {
    if (this.#files.delete(file.id)) this.#bytes -= file.bytes.byteLength;
  }
}

/** @throws Refusal (404) once a file's time is over. */
export function checkExpiry(file: StoredFile, nowMs: number): void {
  if (file.expiresAtMs === undefined || nowMs < file.expiresAtMs) return;
  refuse(`The file ${file.id} expired at ${new Date(file.expiresAtMs).toISOString()}`, {
    status: 404,
    details: { error_code: 'file_expired' },
  });
}
