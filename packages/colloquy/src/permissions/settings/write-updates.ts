import { lstat, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConfigurationError } from '../../errors.ts';
import { makeFolder } from '../../helpers/make-folder.ts';
import type { PermissionRuleValue, PermissionUpdate } from '../../options/permissions.ts';
import { withFileLock } from './file-lock.ts';
import { isInside } from '../paths.ts';
import { realSettingsFile, type SettingsPlace } from './read-settings.ts';
import { readLeave, recordLeave } from './recorded-leave.ts';
import { isMissing, readSettingsFile, replaceDurably } from './settings-file.ts';
import { listToChange, readParts } from './settings-parts.ts';
import { settingsFile, type SettingsSource } from './settings-places.ts';
import { setInJson } from './settings-text.ts';

const SOURCES = { userSettings: 'user', projectSettings: 'project', localSettings: 'local' } as const;

/**
 * Writes updates to the settings files that they are meant for, of those that this session reads; the others hold for the session
 * only. Only `permissions` is changed in a file, everything else in it stays byte by byte.
 * @throws ConfigurationError for a file that cannot be used or is not where it seems; it is left as it is. Error of the file system.
 */
export async function writeUpdates(updates: readonly PermissionUpdate[], place: SettingsPlace): Promise<void> {
  for (const source of place.sources) {
    const own = updates.filter(({ destination }) => sourceOf(destination) === source);
    if (own.length > 0) await writeSource(source, own, place);
  }
}

function sourceOf(destination: PermissionUpdate['destination']): SettingsSource | undefined {
  return destination === 'session' || destination === 'cliArg' ? undefined : SOURCES[destination];
}

async function writeSource(
  source: SettingsSource,
  updates: readonly PermissionUpdate[],
  place: SettingsPlace,
): Promise<void> {
  const path = await placeToWrite(source, place);
  await withFileLock(path, async () => {
    const found = await readSettingsFile(path);
    let text = found?.text ?? '{}\n';
    for (const update of updates) text = changeText(path, text, update);
    if (source === 'local') await noteLeave(text, updates, place);
    if (text !== found?.text) await replaceDurably(path, text, found?.mode ?? (source === 'project' ? 0o644 : 0o600));
  });
}

/**
 * The file to write, its folder made. A project's settings are never written through a link: it would choose where they end up.
 * @throws ConfigurationError for such a link
 */
async function placeToWrite(source: SettingsSource, place: SettingsPlace): Promise<string> {
  const path = settingsFile(source, place);
  await makeFolder(dirname(path), source === 'user' ? 0o700 : 0o777);
  const folder = await realpath(dirname(path));
  const isLink = (await unlessMissing(lstat(path)))?.isSymbolicLink() === true;
  if (source === 'user') return isLink ? realpath(path) : path;
  const cwd = await realpath(place.cwd);
  if (!isLink && folder === join(cwd, '.claude') && isInside(cwd, folder)) return path;
  throw new ConfigurationError(
    `${path} was left as it is: it is a link to another place, and the project chose that place`,
  );
}

/** @throws ConfigurationError when what is to be changed is not what it has to be */
function changeText(path: string, text: string, update: PermissionUpdate): string {
  // The text was read as a settings file, and changed as one.
  const settings = JSON.parse(text.replace(/^\uFEFF/, '')) as Record<string, unknown>;
  if (update.type === 'setMode') {
    listToChange(path, settings, 'allow');
    return setInJson(text, ['permissions', 'defaultMode'], update.mode);
  }
  const name = 'directories' in update ? 'additionalDirectories' : update.behavior;
  const before = listToChange(path, settings, name);
  const after = changeList(before, update);
  const isSame = after.length === before.length && after.every((item, index) => item === before[index]);
  return isSame ? text : setInJson(text, ['permissions', name], after);
}

function changeList(list: readonly string[], update: Exclude<PermissionUpdate, { type: 'setMode' }>): string[] {
  const items = 'directories' in update ? update.directories : update.rules.map(ruleText);
  switch (update.type) {
    case 'addRules':
    case 'addDirectories':
      return [...new Set([...list, ...items])];
    case 'replaceRules':
      return [...new Set(items)];
    case 'removeRules':
    case 'removeDirectories':
      return list.filter((item) => !items.includes(item));
    default:
      return update satisfies never;
  }
}

const ruleText = ({ toolName, ruleContent }: PermissionRuleValue): string =>
  ruleContent === undefined ? toolName : `${toolName}(${ruleContent})`;

/** Before the file is written: leave that is noted, and does not stand in the file, is none. */
async function noteLeave(text: string, updates: readonly PermissionUpdate[], place: SettingsPlace): Promise<void> {
  const file = await realSettingsFile(place.cwd);
  const before = await readLeave(place.data, file);
  const leave = { ...before, allow: [...before.allow], additionalDirectories: [...before.additionalDirectories] };
  for (const update of updates) {
    if (update.type === 'setMode') leave.defaultMode = update.mode;
    else if ('directories' in update) leave.additionalDirectories = changeList(leave.additionalDirectories, update);
    else if (update.behavior === 'allow') leave.allow = changeList(leave.allow, update);
  }
  const { parts } = readParts(JSON.parse(text.replace(/^\uFEFF/, '')) as Record<string, unknown>);
  await recordLeave(place.data, file, {
    ...leave,
    // What somebody has taken out of the file by hand does not come back with it.
    allow: leave.allow.filter((rule) => parts.allow.includes(rule)),
    additionalDirectories: leave.additionalDirectories.filter((path) => parts.additionalDirectories.includes(path)),
  });
}

async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
