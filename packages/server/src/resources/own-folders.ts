import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The folders of sessions that have one of their own, each named after its session. */
export type SessionFolders = {
  /** Makes a session's folder, if it is not there. Gives its real path. */
  make(uuid: string): Promise<string>;
  /** Whether a path is this session's folder. */
  isOwn(uuid: string, folder: string): Promise<boolean>;
  /** Removes it with all that is in it; false when that cannot be done. */
  remove(uuid: string): Promise<void>;
};

/** @param root made when it is first needed; undefined: a temporary one, whose folders do not outlive this server for long. */
export function createSessionFolders(root: string | undefined): SessionFolders {
  let opening: Promise<string> | undefined;
  const open = async (): Promise<string> => {
    if (root === undefined) return realpath(await mkdtemp(join(tmpdir(), 'colloquy-workspaces-')));
    await mkdir(root, { recursive: true, mode: 0o700 });
    return realpath(root);
  };
  const realRoot = (): Promise<string> =>
    (opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    }));
  return {
    async make(uuid) {
      const folder = join(await realRoot(), uuid);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      return folder;
    },
    isOwn: async (uuid, folder) => folder === join(await realRoot(), uuid),
    remove: async (uuid) => rm(join(await realRoot(), uuid), { recursive: true, force: true, maxRetries: 3 }),
  };
}
