import type { App } from '../../../app-env.ts';
import type { Principal } from '../../../auth/principal.ts';
import { HttpError } from '../../../http/http-error.ts';
import { type FileRow, getFile } from '../../../resources/files/files.ts';
import { mountFile, mountPathOf } from '../../../resources/files/mount-file.ts';
import { idFrom } from '../../../resources/ids.ts';
import type { FileResource } from '../../../resources/managed-session.ts';
import type { SessionCreateInput } from './session-bodies.ts';

type ResourceInput = NonNullable<SessionCreateInput['resources']>[number];
type ToMount = { resource: FileResource; file: FileRow };

/**
 * The files that a session is to have, before anything is done with them.
 * @throws HttpError 404 for a file that the principal does not see, 400 for two in one place, and for sessions of workers
 */
export async function resolveFiles(
  app: App,
  principal: Principal,
  inputs: readonly ResourceInput[],
  o: { nonce: string; isSelfHosted: boolean; taken?: readonly FileResource[] },
): Promise<ToMount[]> {
  if (inputs.length > 0 && o.isSelfHosted)
    throw new HttpError(
      400,
      'resources: nothing is mounted in a self_hosted environment; its worker has its own files',
    );
  const store = { tables: await app.tables(), blobs: app.blobs };
  const paths = new Set(o.taken?.map(({ mount_path }) => mount_path));
  const now = new Date().toISOString();
  const files: ToMount[] = [];
  for (const [index, input] of inputs.entries()) {
    // The schema refuses the others.
    if (input.type !== 'file') continue;
    const file = await getFile(store, principal, input.file_id);
    if (file.session !== null)
      throw new HttpError(
        400,
        `resources.${index}.file_id: is an output of a session; upload it to mount it in another`,
      );
    const mount_path = mountPathOf(file.id, input.mount_path);
    if (paths.has(mount_path)) throw new HttpError(400, `resources.${index}.mount_path: another file is mounted there`);
    paths.add(mount_path);
    const id = idFrom('sesrsc', o.nonce, index);
    files.push({
      file,
      resource: { id, type: 'file', file_id: file.id, mount_path, created_at: now, updated_at: now },
    });
  }
  return files;
}

/** Copies files into a session's folder. */
export async function mountAll(app: App, workspace: string, files: readonly ToMount[]): Promise<void> {
  for (const { file, resource } of files)
    await mountFile({ blobs: app.blobs }, file, { workspace, mountPath: resource.mount_path });
}
