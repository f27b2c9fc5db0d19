import { isRecord } from '../helpers/is-record.ts';
import type { Settings } from './settings.ts';

/** Where a setting comes from: the user's own file, the project's, that of this copy of it, or an administrator. */
export type ResolvedSettingSource = 'user' | 'project' | 'local' | 'managed' | 'flag';

/** `policyOrigin`: `file` of this machine, `remote` for `serverManagedSettings`, `parent` for `managedSettings`. */
export type ProvenanceEntry = {
  source: ResolvedSettingSource;
  path?: string | undefined;
  policyOrigin?: PolicyOrigin | undefined;
};
type PolicyOrigin = 'remote' | 'file' | 'parent';
type ResolvedSource = ProvenanceEntry & { settings: Settings };

export type ResolvedSettings = {
  /** What they come to: later ones win, lists are put together. */
  effective: Settings;
  /** Who has said the last word, by setting. */
  provenance: Partial<Record<keyof Settings, ProvenanceEntry>>;
  /** All that say something, the weakest first. */
  sources: ResolvedSource[];
  machinePolicy: { didNotLoad: false };
};

export type ResolveSettingsOptions = {
  /** Whose project's settings. Default: that of this process. */
  cwd?: string | undefined;
  /** Default: all. An administrator's are always read. */
  settingSources?: ('user' | 'project' | 'local')[] | undefined;
  /** As the option of that name: only what restricts counts. */
  managedSettings?: Settings | undefined;
  /** An administrator's settings that a server has sent. */
  serverManagedSettings?: Settings | undefined;
};

/** Of the program's managed settings only these are taken: what they say can only forbid. */
const RESTRICTING = /^(?:allowManaged\w+Only|disable\w+|deniedModels|availableModels|sandbox)$/;
const RESTRICTING_PERMISSIONS = new Set(['deny', 'ask', 'disableBypassPermissionsMode', 'disableAutoMode']);
/** Modes that no file of a repository may set. */
const ESCALATING = new Set<unknown>(['bypassPermissions', 'auto', 'acceptEdits']);

/** The settings that Claude Code would find, without starting it. A file that cannot be read counts as empty. */
export async function resolveSettings(o: ResolveSettingsOptions = {}): Promise<ResolvedSettings> {
  const { cwd = process.cwd(), settingSources = ['user', 'project', 'local'] } = o;
  const [path, { homedir }] = await Promise.all([import('node:path'), import('node:os')]);
  const config = process.env['CLAUDE_CONFIG_DIR'] || path.join(process.env['HOME'] ?? homedir(), '.claude');
  const paths = {
    user: path.join(config, 'settings.json'),
    project: path.join(path.resolve(cwd), '.claude', 'settings.json'),
    local: path.join(path.resolve(cwd), '.claude', 'settings.local.json'),
  };
  const wanted = (['user', 'project', 'local'] as const).filter((source) => settingSources.includes(source));
  const read = await Promise.all(
    wanted.map(async (source) => ({ source, settings: await readSettings(paths[source]), path: paths[source] })),
  );
  const sources: ResolvedSource[] = [...read, await policy(o)].filter(
    ({ settings }) => Object.keys(settings).length > 0,
  );
  const effective: Settings = sources.reduce<Json>((before, { settings }) => merge(before, { ...settings }), {});
  const provenance = Object.assign({}, ...sources.map(provenanceOf)) as ResolvedSettings['provenance'];
  return { effective, provenance, sources, machinePolicy: { didNotLoad: false } };
}

/** What it takes of a result, whoever made that. */
type Filterable = {
  effective: Settings;
  provenance: { permissions?: { source: string } | undefined };
  sources: { source: string; settings: Settings }[];
  machinePolicy?: unknown;
};

/** The settings without a mode that a repository may not choose for the people who work in it. */
export function filterEscalatingDefaultMode({ effective, provenance, sources }: Filterable): Settings {
  const permissions: unknown = effective.permissions;
  if (!isRecord(permissions) || !ESCALATING.has(permissions['defaultMode'])) return effective;
  const says = ({ settings }: Filterable['sources'][number]): boolean =>
    isRecord(settings.permissions) && 'defaultMode' in settings.permissions;
  const by = sources.findLast(says)?.source ?? provenance.permissions?.source;
  if (by !== 'project') return effective;
  const { defaultMode: _mode, ...others } = permissions;
  return { ...effective, permissions: others };
}

/** The first of these that says anything: a server's, this machine's, the program's own. */
async function policy({ managedSettings, serverManagedSettings }: ResolveSettingsOptions): Promise<ResolvedSource> {
  const source = 'managed';
  if (hasAny(serverManagedSettings)) return { source, settings: serverManagedSettings, policyOrigin: 'remote' };
  const path = MANAGED_FILES[process.platform] ?? '/etc/claude-code/managed-settings.json';
  const settings = await readSettings(path);
  if (hasAny(settings)) return { source, settings, path, policyOrigin: 'file' };
  return { source, settings: restricting(managedSettings ?? {}), policyOrigin: 'parent' };
}

const MANAGED_FILES: Partial<Record<NodeJS.Platform, string>> = {
  darwin: '/Library/Application Support/ClaudeCode/managed-settings.json',
  win32: 'C:\\Program Files\\ClaudeCode\\managed-settings.json',
};

const hasAny = (settings: Settings | undefined): settings is Settings =>
  settings !== undefined && Object.keys(settings).length > 0;

function restricting(settings: Settings): Settings {
  const kept = Object.entries(settings).filter(([name]) => RESTRICTING.test(name));
  const permissions = Object.entries(settings.permissions ?? {}).filter(([name]) => RESTRICTING_PERMISSIONS.has(name));
  return {
    ...Object.fromEntries(kept),
    ...(permissions.length === 0 ? {} : { permissions: Object.fromEntries(permissions) }),
  };
}

async function readSettings(path: string): Promise<Settings> {
  const { readFile } = await import('node:fs/promises');
  try {
    const settings: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isRecord(settings) ? settings : {};
  } catch {
    // Not there, or no JSON: Claude Code starts without it too.
    return {};
  }
}

function provenanceOf({ settings, ...about }: ResolvedSource): Record<string, ProvenanceEntry> {
  return Object.fromEntries(Object.keys(settings).map((name) => [name, about]));
}

type Json = Readonly<Record<string, unknown>>;

function merge(before: Json, after: Json): Json {
  const merged: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(after)) {
    const known = merged[name];
    if (Array.isArray(known) && Array.isArray(value)) merged[name] = [...new Set<unknown>([...known, ...value])];
    else merged[name] = isRecord(known) && isRecord(value) ? merge(known, value) : value;
  }
  return merged;
}
