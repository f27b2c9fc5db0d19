import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { makeFolder } from '../../helpers/make-folder.ts';
import { readSettingsFile, replaceDurably } from './settings-file.ts';
import { type PermissionParts, readParts } from './settings-parts.ts';

// A project's local settings lie in the project, where whoever made the project may have put them. So leave in them counts only if
// it was given through this program: what was given is noted in the user's own data folder, by the real path of the file.

/** What was given for one file of local settings. */
export type RecordedLeave = Pick<PermissionParts, 'allow' | 'additionalDirectories' | 'defaultMode'>;

const NOTHING: RecordedLeave = { allow: [], additionalDirectories: [], defaultMode: undefined };

/** What was given; nothing if that cannot be read. `file` is the real path of the local settings. */
export async function readLeave(data: string, file: string): Promise<RecordedLeave> {
  try {
    const found = await readSettingsFile(recordOf(data, file));
    return found?.settings['file'] === file ? readParts(found.settings).parts : NOTHING;
  } catch {
    return NOTHING;
  }
}

/** Notes what the file may give from now on. The caller holds the file's lock. */
export async function recordLeave(data: string, file: string, leave: RecordedLeave): Promise<void> {
  const { allow, additionalDirectories, defaultMode } = leave;
  await makeFolder(recordFolder(data), 0o700);
  const permissions = { allow, additionalDirectories, ...(defaultMode === undefined ? {} : { defaultMode }) };
  await replaceDurably(recordOf(data, file), `${JSON.stringify({ file, permissions }, null, 2)}\n`, 0o600);
}

/** What of the parts of a file was given. */
export function onlyGiven(parts: PermissionParts, given: RecordedLeave): RecordedLeave {
  return {
    allow: parts.allow.filter((rule) => given.allow.includes(rule)),
    additionalDirectories: parts.additionalDirectories.filter((path) => given.additionalDirectories.includes(path)),
    defaultMode: parts.defaultMode === given.defaultMode ? parts.defaultMode : undefined,
  };
}

const recordFolder = (data: string): string => join(data, 'permissions');

function recordOf(data: string, file: string): string {
  return join(recordFolder(data), `${createHash('sha256').update(file).digest('hex')}.json`);
}
