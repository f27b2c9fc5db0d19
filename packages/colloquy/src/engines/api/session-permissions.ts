import { dirname, resolve } from 'node:path';
import { ConfigurationError } from '../../errors.ts';
import { messageOf } from '../../helpers/message-of.ts';
import { dataFolder } from '../../log/data-folder.ts';
import type { Options } from '../../options/options.ts';
import type { PermissionUpdate } from '../../options/permissions.ts';
import { environmentOf, workingDirectoryOf } from '../../options/resolve-options.ts';
import { checkSettings, type Settings } from '../../options/settings.ts';
import {
  givenSettings,
  readNamedSettings,
  readSettings,
  type SettingsPlace,
} from '../../permissions/settings/read-settings.ts';
import { warnOfRules } from '../../permissions/rule-warnings.ts';
import { homeFolder, SETTINGS_SOURCES, userSettingsFolder } from '../../permissions/settings/settings-places.ts';
import { initialPermissions, type PermissionState } from '../../permissions/state.ts';
import type { Tool } from '../../tools/tool.ts';

/** What decides about the calls of a session, and how changes of it last. */
export class SessionPermissions {
  state: PermissionState;
  /** What people should know of the settings; told with the first turn, and then empty. */
  readonly news: string[];
  readonly #options: Options;
  readonly #hosted: boolean;

  private constructor(state: PermissionState, news: string[], options: Options, hosted: boolean) {
    this.state = state;
    this.news = news;
    this.#options = options;
    this.#hosted = hosted;
  }

  /**
   * Reads the settings that count for a session, those of the options first.
   * @throws ConfigurationError for options that cannot be; what is wrong with settings files is told instead
   */
  static async load(
    options: Options,
    o: { hosted: boolean; tools: readonly Tool[]; base: string | undefined },
  ): Promise<SessionPermissions> {
    const place = placeOf(options, o.hosted);
    const files = await readSettings(place);
    const given = typeof options.settings === 'object' ? options.settings : {};
    const own = givenSettings(given, { ...place, base: o.base ?? place.cwd });
    const state = initialPermissions(
      { ...options, cwd: place.cwd },
      {
        rules: [...own.rules, ...files.rules],
        mode: own.mode ?? files.mode,
        directories: [...own.directories, ...files.directories],
      },
    );
    return new SessionPermissions(state, [...files.warnings, ...warnOfRules(state.rules, o.tools)], options, o.hosted);
  }

  /** Writes what is to last into settings files. What cannot be written holds for the session all the same, and is told. */
  async keep(updates: readonly PermissionUpdate[]): Promise<string[]> {
    if (updates.every(({ destination }) => destination === 'session' || destination === 'cliArg')) return [];
    try {
      const { writeUpdates } = await import('../../permissions/settings/write-updates.ts');
      await writeUpdates(updates, placeOf(this.#options, this.#hosted));
      return [];
    } catch (error) {
      return [
        `A change of the permissions could not be written, and holds for this session only: ${messageOf(error)}.`,
      ];
    }
  }
}

function placeOf(options: Options, hosted: boolean): SettingsPlace {
  const env = environmentOf(options);
  return {
    // Who talks to a server is not who it belongs to: its own settings are not for them.
    sources: options.settingSources ?? (hosted ? [] : SETTINGS_SOURCES),
    cwd: workingDirectoryOf(options),
    home: homeFolder(env),
    userFolder: userSettingsFolder(env),
    // Asked for only where a project has settings of its own.
    get data() {
      return dataFolder(process.env);
    },
    allowDangerouslySkipPermissions: options.allowDangerouslySkipPermissions === true,
  };
}

/**
 * The options with the settings that they name by a path, and the folder from which paths in these begin.
 * @throws ConfigurationError when these settings cannot be used
 */
export async function withNamedSettings(options: Options): Promise<{ options: Options; base: string | undefined }> {
  if (typeof options.settings !== 'string') return { options, base: undefined };
  const path = resolve(workingDirectoryOf(options), options.settings);
  const { $schema: _, ...settings } = await readNamedSettings(path);
  const wanted = checkSettings(settings);
  if (wanted !== undefined) throw new ConfigurationError(`${path}, which option \`settings\` names, must be ${wanted}`);
  // Every part of it has just been checked.
  return { options: { ...options, settings: settings as Settings }, base: dirname(path) };
}
