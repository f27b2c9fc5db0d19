import { realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigurationError } from '../../errors.ts';
import { messageOf } from '../../helpers/message-of.ts';
import type {
  PermissionBehavior,
  PermissionModeInput,
  PermissionUpdateDestination,
} from '../../options/permissions.ts';
import { validatePermissionMode } from '../../options/validate.ts';
import { onlyGiven, readLeave } from './recorded-leave.ts';
import { readRule } from '../rules.ts';
import { readSettingsFile } from './settings-file.ts';
import { type PermissionParts, readParts } from './settings-parts.ts';
import { settingsFile, type SettingsSource } from './settings-places.ts';
import type { PermissionSettings, PlacedRule } from '../state.ts';

/** Where settings are looked for. */
export type SettingsPlace = {
  sources: readonly SettingsSource[];
  cwd: string;
  home: string;
  userFolder: string;
  /** The user's own data folder, in which leave for a project's local settings is noted. */
  data: string;
  allowDangerouslySkipPermissions: boolean;
};

/** Settings, and what a person should know of them. */
export type LoadedSettings = PermissionSettings & { warnings: readonly string[] };

type Layer = Pick<LoadedSettings, 'rules' | 'mode' | 'directories' | 'warnings'>;

const DESTINATIONS = { user: 'userSettings', project: 'projectSettings', local: 'localSettings' } as const;
/** Every call is held against each rule; a file comes with a project that anybody may have made. */
const MAX_RULES = 2000;
/** Of one file, this many things that are wrong with it are told. */
const MAX_WARNINGS = 20;
const LEAVE = { allow: [], additionalDirectories: [], defaultMode: undefined } as const;

/**
 * Reads the `permissions` of settings files. A project's own file only takes leave away: of it only deny and ask rules count. Leave in
 * its local file counts as far as it was given through this program. What cannot be used gives no leave, and is told.
 */
export async function readSettings(place: SettingsPlace): Promise<LoadedSettings> {
  const layers = await Promise.all(place.sources.map((source) => readLayer(source, place)));
  const modeOf = (source: SettingsSource): PermissionModeInput | undefined =>
    layers[place.sources.indexOf(source)]?.mode;
  return {
    rules: layers.flatMap(({ rules }) => rules),
    mode: modeOf('local') ?? modeOf('user'),
    directories: layers.flatMap(({ directories }) => directories),
    warnings: layers.flatMap(({ warnings }) => warnings),
  };
}

async function readLayer(source: SettingsSource, place: SettingsPlace): Promise<Layer> {
  const path = settingsFile(source, place);
  try {
    const found = await readSettingsFile(path);
    if (found === undefined) return { rules: [], directories: [], warnings: [] };
    const { parts, flaws } = readParts(found.settings);
    if (parts.allow.length + parts.deny.length + parts.ask.length > MAX_RULES)
      throw new ConfigurationError(`${path} cannot be used: it has more than ${MAX_RULES} rules. Mend it or remove it`);
    const given = await givenBy(source, parts, place);
    const layer = toLayer(
      { ...parts, ...given },
      {
        destination: DESTINATIONS[source],
        base: source === 'user' ? place.userFolder : place.cwd,
        place,
      },
    );
    const told = [...flaws, ...layer.warnings, ...untaken(source, parts, given)];
    const more = told.length > MAX_WARNINGS ? [`${told.length - MAX_WARNINGS} more rules in it cannot be used`] : [];
    return { ...layer, warnings: [...told.slice(0, MAX_WARNINGS), ...more].map((text) => `${path}: ${text}.`) };
  } catch (error) {
    return { rules: [], directories: [], warnings: [`${messageOf(error)}. No rule of it holds.`] };
  }
}

/** What of the leave in a file counts. */
async function givenBy(
  source: SettingsSource,
  parts: PermissionParts,
  place: SettingsPlace,
): Promise<Pick<PermissionParts, keyof typeof LEAVE>> {
  if (source === 'user') return parts;
  if (source === 'project') return LEAVE;
  return onlyGiven(parts, await readLeave(place.data, await realSettingsFile(place.cwd)));
}

/** The name by which leave is noted: a folder that is reached by another way is the same project. */
export async function realSettingsFile(cwd: string): Promise<string> {
  return join(await realpath(cwd), '.claude', 'settings.local.json');
}

function untaken(
  source: SettingsSource,
  parts: PermissionParts,
  given: Pick<PermissionParts, keyof typeof LEAVE>,
): string[] {
  const left = [
    ...parts.allow.filter((rule) => !given.allow.includes(rule)),
    ...parts.additionalDirectories.filter((path) => !given.additionalDirectories.includes(path)),
    ...(parts.defaultMode === given.defaultMode || parts.defaultMode === undefined ? [] : [parts.defaultMode]),
  ];
  if (left.length === 0) return [];
  const why =
    source === 'project'
      ? 'a project can take leave away, but not give it'
      : 'it was not given through Colloquy, and may have come with the project';
  const shown = left.slice(0, 5).join(', ') + (left.length > 5 ? ', …' : '');
  return [`leave in it does not count (${shown}): ${why}`];
}

/** Permissions of settings that the program itself has given. @throws ConfigurationError for a rule or mode that cannot be */
export function givenSettings(
  settings: Record<string, unknown>,
  place: Pick<SettingsPlace, 'cwd' | 'home' | 'allowDangerouslySkipPermissions'> & { base: string },
): PermissionSettings {
  const { parts, flaws } = readParts(settings);
  const { warnings, ...layer } = toLayer(parts, { destination: 'cliArg', base: place.base, place });
  const [flaw] = [...flaws, ...warnings];
  if (flaw !== undefined) throw new ConfigurationError(`Option \`settings\` cannot be used: ${flaw}`);
  return layer;
}

type LayerPlace = {
  destination: PermissionUpdateDestination;
  base: string;
  place: Pick<SettingsPlace, 'cwd' | 'home' | 'allowDangerouslySkipPermissions'>;
};

function toLayer(parts: PermissionParts, { destination, base, place }: LayerPlace): Layer {
  const warnings: string[] = [];
  const rulesOf = (behavior: PermissionBehavior): PlacedRule[] =>
    parts[behavior].flatMap((text) => {
      try {
        const rule = readRule(text);
        if (rule.flaw !== undefined)
          warnings.push(
            `${text} is not understood (${rule.flaw})${behavior === 'allow' ? '' : ', so that every call it may be about is asked'}`,
          );
        // What is not understood gives no leave, and is not passed over as a refusal.
        return rule.flaw !== undefined && behavior === 'allow' ? [] : [{ ...rule, behavior, destination, base }];
      } catch (error) {
        warnings.push(messageOf(error));
        return [];
      }
    });
  return {
    rules: [...rulesOf('deny'), ...rulesOf('ask'), ...rulesOf('allow')],
    mode: modeOf(parts, place, warnings),
    directories: parts.additionalDirectories.map((path) => absolute(path, place)),
    warnings,
  };
}

function modeOf(
  { defaultMode }: PermissionParts,
  place: LayerPlace['place'],
  warnings: string[],
): PermissionModeInput | undefined {
  if (defaultMode === undefined) return undefined;
  try {
    validatePermissionMode(defaultMode, place);
    // It has just been found to be one.
    return defaultMode as PermissionModeInput;
  } catch (error) {
    warnings.push(messageOf(error));
    return undefined;
  }
}

function absolute(path: string, { cwd, home }: LayerPlace['place']): string {
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : resolve(cwd, path);
}

/** A settings file that the program names itself, instead of giving its content. @throws ConfigurationError when it cannot be used */
export async function readNamedSettings(path: string): Promise<Record<string, unknown>> {
  const found = await readSettingsFile(path);
  if (found === undefined) throw new ConfigurationError(`Option \`settings\` names ${path}, which does not exist`);
  return found.settings;
}
