import { DEFAULT_WORKSPACE } from '../exchange/check-headers.ts';
import type { ExchangeState } from '../exchange/context.ts';
import { fileName } from './file-name.ts';
import type { StoredFile } from './file-store.ts';

/** A file that a tool made. */
export type MadeFile = {
  filename: string;
  mimeType: string;
  content: string | Uint8Array;
  /** Default: the one that requests belong to which name none. */
  workspaceId?: string | undefined;
};

/** Keeps a file as if a tool had made it. @throws Error when its name cannot be one, or there is no room for it. */
export function addMadeFile(file: MadeFile, { ids, files, pacer }: ExchangeState): StoredFile {
  return files.add({
    id: ids.next('file', 0),
    workspaceId: file.workspaceId ?? DEFAULT_WORKSPACE,
    filename: fileName(file.filename, file.mimeType),
    mimeType: file.mimeType,
    bytes: typeof file.content === 'string' ? Buffer.from(file.content) : Uint8Array.from(file.content),
    createdAtMs: pacer.clock.now(),
    expiresAtMs: undefined,
    downloadable: true,
  });
}
