import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** Files that settings are kept in; each has a permission update's destination of the same name. */
export type SettingsSource = 'user' | 'project' | 'local';

export const SETTINGS_SOURCES: readonly SettingsSource[] = ['user', 'project', 'local'];

/** The home folder of whoever runs this, as commands see it. */
export function homeFolder(env: Environment): string {
  return env['HOME'] || homedir();
}

/** Where the user's settings lie: `$CLAUDE_CONFIG_DIR`, else `~/.claude`. */
export function userSettingsFolder(env: Environment): string {
  const named = env['CLAUDE_CONFIG_DIR'];
  return named ? resolve(named) : join(homeFolder(env), '.claude');
}

/** The file of a source, for a session that works in `cwd`. It may not exist. */
export function settingsFile(source: SettingsSource, place: { cwd: string; userFolder: string }): string {
  switch (source) {
    case 'user':
      return join(place.userFolder, 'settings.json');
    case 'project':
      return join(place.cwd, '.claude', 'settings.json');
    case 'local':
      return join(place.cwd, '.claude', 'settings.local.json');
    default:
      return source satisfies never;
  }
}
