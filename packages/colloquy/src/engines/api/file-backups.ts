import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Store } from '../../log/store.ts';
import { BackupFolder } from '../../tools/checkpoints/backup-folder.ts';

/** Where the backups of all sessions of a store lie; undefined for a store that is only in memory. */
export function backupsPath({ location }: Pick<Store, 'location'>): string | undefined {
  return location === undefined ? undefined : join(dirname(location), 'file-backups');
}

/** The folder for the backups of one session; `isTemporary`: it goes with the session's end. */
export function backupFolder(
  store: Pick<Store, 'location'>,
  session: string,
): { folder: BackupFolder; isTemporary: boolean } {
  const all = backupsPath(store);
  return all === undefined
    ? { folder: new BackupFolder(join(tmpdir(), `colloquy-backups-${randomUUID()}`)), isTemporary: true }
    : { folder: new BackupFolder(join(all, session)), isTemporary: false };
}
