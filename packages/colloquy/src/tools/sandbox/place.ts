import { sep } from 'node:path';
import { isInside } from '../../permissions/paths.ts';

/** `none`: neither seen nor touched. */
export type Access = 'write' | 'read' | 'none';

/**
 * Who says so. At one place the higher one counts; elsewhere the deeper place. `own` is what no setting opens: the sessions and
 * credentials of this program.
 */
export const RANKS = {
  private: 0,
  system: 1,
  tools: 2,
  workspace: 3,
  protected: 4,
  secret: 5,
  allowRead: 6,
  allowWrite: 7,
  denyWrite: 8,
  denyRead: 9,
  own: 10,
} as const;

export type Origin = keyof typeof RANKS;

/** A file or folder and what commands may do with it and what lies below. */
export type Place = {
  /** Absolute and real. */
  path: string;
  access: Access;
  by: Origin;
  isFolder: boolean;
  /** What stands there in the sandbox, when it is not what stands there outside. */
  source?: string | undefined;
  /** Mounted although what lies above allows the same: a folder that is a mount point cannot be renamed. */
  isPinned?: boolean | undefined;
};

/** Where programs look for a place to write, whatever else is shown. */
export const TEMPORARY = ['/tmp', '/var/tmp'];

/** The deepest place that a path lies in; undefined where commands see nothing. */
export function placeOf(places: readonly Place[], path: string): Place | undefined {
  let deepest: Place | undefined;
  for (const place of places) {
    if (isInside(place.path, path) && (deepest === undefined || place.path.length >= deepest.path.length))
      deepest = place;
  }
  return deepest;
}

export const depthOf = (path: string): number => path.split(sep).filter((name) => name !== '').length;

/**
 * What holds when all has been said: at each place one word, outer places first. Settings that deny take built-in places below
 * them away, `denyWrite` also what other settings allow.
 */
export function settlePlaces(said: readonly Place[]): Place[] {
  const byPath = new Map<string, Place[]>();
  for (const place of said) byPath.set(place.path, [...(byPath.get(place.path) ?? []), place]);
  const merged = [...byPath.values()].map(mergePlaces);
  const own = merged.filter(({ by }) => by === 'own');
  const hidden = merged.filter(({ by }) => by === 'denyRead');
  const unwritable = merged.filter(({ by }) => by === 'denyWrite');
  const opened = merged.filter(({ by }) => by === 'allowRead' || by === 'allowWrite' || by === 'workspace');
  return merged
    .filter((place) => {
      if (place.by === 'private') return TEMPORARY.includes(place.path) || !isBelow(opened, place);
      if (isBelow(own, place)) return false;
      return !((place.by === 'system' || place.by === 'tools') && isBelow(hidden, place));
    })
    .map((place) =>
      place.access === 'write' && place.by !== 'private' && isBelow(unwritable, place)
        ? { ...place, access: 'read' as const }
        : place,
    )
    .sort((a, b) => depthOf(a.path) - depthOf(b.path) || (a.path < b.path ? -1 : 1));
}

function isBelow(folders: readonly Place[], { path }: Place): boolean {
  return folders.some((folder) => folder.path !== path && isInside(folder.path, path));
}

function mergePlaces(said: readonly Place[]): Place {
  const [first, ...others] = [...said].sort((a, b) => RANKS[b.by] - RANKS[a.by]);
  // Grouped by path, so that there is at least one.
  const top = first as Place;
  const isPinned = said.some((place) => place.isPinned === true);
  // To be allowed to read a working folder takes nothing from it.
  const access = top.by === 'allowRead' && others.some(({ by }) => by === 'workspace') ? 'write' : top.access;
  return { ...top, access, ...(isPinned ? { isPinned } : {}) };
}
