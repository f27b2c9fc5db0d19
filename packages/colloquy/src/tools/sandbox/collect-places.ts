import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import type { SandboxSettings } from '../../options/sandbox.ts';
import { isInside } from '../../permissions/paths.ts';
import { type Found, type Link, lookUp } from './look-up.ts';
import { type Access, type Origin, type Place, placeOf, settlePlaces, TEMPORARY } from './place.ts';
import { isReserved, reserveFolder } from './reserved-folders.ts';
import {
  PROTECTED_IN_WORKSPACE,
  RESERVED_IN_WORKSPACE,
  SECRETS_AT_HOME,
  SECRETS_OF_SYSTEM,
  SYSTEM_PLACES,
} from './well-known-places.ts';
import { toolFolders } from './tool-folders.ts';

/** What a session lets its commands see and touch. */
export type Reach = {
  /** The working directory and the additional ones. */
  roots: readonly string[];
  settings: SandboxSettings;
  /** What no setting opens: where this program keeps sessions and credentials. */
  own: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  /** On a server, nothing of its home folder is shown, no tools either. */
  isServer: boolean;
  /** What stands for the home folder and for `/tmp`. */
  temp: { home: string; tmp: string };
};

export type CollectedPlaces = {
  /** Outer ones first. */
  places: Place[];
  /** Links that lead to what is shown, and would not be there by themselves. */
  links: Link[];
  /** Where HOME points to in the sandbox. */
  home: string;
  /** Gives back what was made for the time of one command. */
  release(): Promise<void>;
};

type Said = { path: string; access: Access; by: Origin; isPinned?: boolean };
type Settled = { place: Place; links: Link[] };

/** Processes and devices are the sandbox's own; no setting brings in others. */
const KERNEL_FOLDERS = ['/proc', '/dev'];

/** Looked for once per process: the system does not change its folders while it runs. */
let systemPlaces: Promise<Settled[]> | undefined;
let systemSecrets: Promise<Settled[]> | undefined;

/** Where commands may read and write, as it is at this moment. */
export async function collectPlaces(reach: Reach): Promise<CollectedPlaces> {
  const home = reach.env['HOME'] || homedir();
  const [{ places: atHome, links: toHome }, inRoots] = await Promise.all([
    privatePlaces(reach, home),
    inWorkspaces(reach.roots),
  ]);
  const tools = reach.isServer ? [] : toolFolders({ path: reach.env['PATH'], home });
  const settings = fromSettings(reach, home);
  const [system, others] = await Promise.all([
    (systemPlaces ??= settleAll(SYSTEM_PLACES.map((path) => ({ path, access: 'read', by: 'system' })))),
    settleAll([
      ...(await onlyThere(tools)).map((path): Said => ({ path, access: 'read', by: 'tools' })),
      ...inRoots,
      ...settings,
    ]),
  ]);
  const open = [...system, ...others];
  const shown = settlePlaces([...atHome, ...open.map(({ place }) => place)]);
  const secrets = await findSecrets(reach, home, shown);
  const opened = settings.flatMap(({ by, path }) => (by === 'allowWrite' ? [path] : []));
  const taken = new Set([...open, ...secrets].map(({ place }) => place.path));
  const reserved = await reserve(reach.roots, { taken, opened });
  const places = settlePlaces([
    ...atHome,
    ...open.map(({ place }) => place),
    ...secrets.map(({ place }) => place),
    ...reserved.map(({ path }): Place => ({ path, access: 'read', by: 'protected', isFolder: true })),
  ]);
  return {
    places,
    links: neededLinks([...toHome, ...open.flatMap(({ links }) => links)], places),
    home: atHome.some(({ path }) => path === reach.temp.home) ? reach.temp.home : home,
    release: async () => void (await Promise.all(reserved.map(({ release }) => release()))),
  };
}

function fromSettings({ roots, settings }: Reach, home: string): Said[] {
  const { allowWrite = [], denyWrite = [], allowRead = [], denyRead = [] } = settings.filesystem ?? {};
  const secrets = (settings.credentials?.files ?? []).map(({ path }) => path);
  const say = (paths: readonly string[], allowed: Access, by: Origin): Said[] =>
    paths.map((path) => ({ path: settingPath(path, roots[0] ?? '/', home), access: allowed, by }));
  return [
    ...say(allowRead, 'read', 'allowRead'),
    ...say(allowWrite, 'write', 'allowWrite'),
    ...say(denyWrite, 'read', 'denyWrite'),
    ...say([...denyRead, ...secrets], 'none', 'denyRead'),
  ];
}

/** A path as a setting has it. */
export function settingPath(path: string, cwd: string, home: string): string {
  const plain = path.replace(/\/\*\*?$/, '');
  return plain === '~' || plain.startsWith('~/') ? join(home, plain.slice(1)) : resolve(cwd, plain);
}

async function inWorkspaces(roots: readonly string[]): Promise<Said[]> {
  const said = await Promise.all(
    roots.map(async (root): Promise<Said[]> => {
      const named = await onlyThere(PROTECTED_IN_WORKSPACE.map((name) => join(root, name)));
      const git = (await lookUp(join(root, '.git')))?.isFolder;
      return [
        { path: root, access: 'write', by: 'workspace' },
        ...named.map((path): Said => ({ path, access: 'read', by: 'protected' })),
        // Else it could be moved away, with what is protected in it, and be made anew.
        ...(git === true
          ? [{ path: join(root, '.git'), access: 'write', by: 'workspace', isPinned: true } as const]
          : []),
        // In a work tree of another repository it is a file that says where that is.
        ...(git === false ? [{ path: join(root, '.git'), access: 'read', by: 'protected' } as const] : []),
      ];
    }),
  );
  return said.flat();
}

async function settleAll(said: readonly Said[]): Promise<Settled[]> {
  return (await Promise.all(said.map(settle))).filter((one) => one !== undefined);
}

/** Undefined for what is not there, and for what the sandbox has its own of. */
async function settle({ path, ...said }: Said): Promise<Settled | undefined> {
  const found = await lookUp(path);
  if (found === undefined) return undefined;
  if (KERNEL_FOLDERS.some((folder) => isInside(folder, found.real)) && said.by !== 'workspace') return undefined;
  return { place: toPlace(found, said), links: found.links };
}

function toPlace({ real, isFolder }: Found, said: Omit<Said, 'path'>): Place {
  return { ...said, path: real, isFolder };
}

/** Those that lie in something that is shown. */
async function findSecrets({ own }: Reach, home: string, shown: readonly Place[]): Promise<Settled[]> {
  const isShown = (path: string): boolean => {
    const around = placeOf(shown, path);
    return around !== undefined && around.source === undefined;
  };
  const atHome = SECRETS_AT_HOME.map((name) => join(home, name)).filter(isShown);
  const hidden = (path: string, by: Origin): Said => ({ path, access: 'none', by });
  const found = await Promise.all([
    (systemSecrets ??= onlyReadable(SECRETS_OF_SYSTEM).then((paths) =>
      settleAll(paths.map((path) => hidden(path, 'secret'))),
    )),
    settleAll([
      ...(await onlyThere(atHome)).map((path) => hidden(path, 'secret')),
      ...own.map((path) => hidden(path, 'own')),
    ]),
  ]);
  // What is ours is named in any case: it takes settings that open something in it away.
  return found.flat().filter(({ place }) => place.by === 'own' || isShown(place.path));
}

async function reserve(
  roots: readonly string[],
  o: { taken: ReadonlySet<string>; opened: readonly string[] },
): Promise<{ path: string; release: () => Promise<void> }[]> {
  const wanted = await Promise.all(
    roots.flatMap((root) =>
      RESERVED_IN_WORKSPACE.map(async (name) => {
        const folder = (await lookUp(root))?.real;
        if (folder === undefined || o.opened.includes(join(root, name))) return undefined;
        const path = join(folder, name);
        if (o.taken.has(path) && !isReserved(path)) return undefined;
        const release = await reserveFolder(path);
        return release === undefined ? undefined : { path, release };
      }),
    ),
  );
  return wanted.filter((one) => one !== undefined);
}

/** A home folder and a `/tmp` of the session's own; where the real ones may be seen, these stand back. */
async function privatePlaces({ temp }: Reach, home: string): Promise<{ places: Place[]; links: Link[] }> {
  const found = home === '/' ? undefined : await lookUp(home);
  const own = (path: string, source: string): Place => ({
    path,
    source,
    access: 'write',
    by: 'private',
    isFolder: true,
  });
  const isUsable = found !== undefined && !TEMPORARY.includes(found.real);
  const places = [own(isUsable ? found.real : temp.home, temp.home), ...TEMPORARY.map((path) => own(path, temp.tmp))];
  return { places, links: isUsable ? found.links : [] };
}

function neededLinks(links: readonly Link[], places: readonly Place[]): Link[] {
  const byPlace = new Map<string, Link>();
  for (const link of links) {
    const around = placeOf(places, link.at);
    // In what is mounted as it is, the link is there already.
    if (around === undefined || around.source !== undefined) byPlace.set(link.at, link);
  }
  return [...byPlace.values()];
}

/** Those that are there, as far as the first name below what they have in common tells; it saves looking for each. */
async function onlyThere(paths: readonly string[]): Promise<string[]> {
  const folders = [...new Set(paths.map(dirname))];
  const outer = folders.filter((folder) => !folders.some((other) => other !== folder && isInside(other, folder)));
  const names = await Promise.all(outer.map(namesIn));
  return paths.filter((path) => {
    const index = outer.findIndex((folder) => isInside(folder, path));
    const [name = ''] = relative(outer[index] ?? '/', path).split('/');
    return names[index]?.has(name) === true;
  });
}

async function namesIn(folder: string): Promise<ReadonlySet<string>> {
  try {
    return new Set(await readdir(folder));
  } catch {
    return new Set();
  }
}

async function onlyReadable(paths: readonly string[]): Promise<string[]> {
  const readable = await Promise.all(
    paths.map((path) =>
      access(path, constants.R_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return paths.filter((_, index) => readable[index]);
}
