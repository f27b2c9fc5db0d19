import { join } from 'node:path';

/** Where files are for an agent, by the Managed Agents API; here, these paths are folders of the session's workspace. */
export const UPLOADS = '/mnt/session/uploads';
export const OUTPUTS = '/mnt/session/outputs';

/** The real path of `UPLOADS`, `OUTPUTS` or something below them in a workspace. */
export function inWorkspace(workspace: string, path: string): string {
  return join(workspace, path);
}
