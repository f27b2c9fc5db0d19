import type { BackupFolder } from '../tools/checkpoints/backup-folder.ts';
import { checkpointedFiles } from '../tools/checkpoints/checkpointed-files.ts';
import type { Files } from '../tools/tool.ts';
import { note, type TurnWorld } from './turn-world.ts';

/**
 * The files as a call may use them: each is backed up before it is first changed in a turn, and the log says so before the change
 * happens. Without checkpoints they stay as they are.
 */
export function filesOfCall(world: TurnWorld, toolUseId: string, files: Files): Files {
  const { backups } = world;
  if (backups === undefined) return files;
  return checkpointedFiles(files, async (reachable, path) => {
    const real = await reachable.resolve(path);
    const place = `${world.state.turn?.id ?? ''} ${real}`;
    if (backups.done.has(place)) return;
    const before = await keep(reachable, real, backups.folder);
    await note(world, { kind: 'file_backup', toolUseId, path: real, folder: backups.folder.path, before });
    backups.done.add(place);
  });
}

/** What checkpoints need. */
export type Backups = {
  folder: BackupFolder;
  /** The folder goes with the session's end. */
  isTemporary: boolean;
  /** Turn and path of what has been backed up. */
  done: Set<string>;
};

async function keep(files: Files, path: string, folder: BackupFolder): Promise<string | null> {
  const found = await files.stat(path);
  return found === undefined ? null : folder.save(await files.read(path));
}
