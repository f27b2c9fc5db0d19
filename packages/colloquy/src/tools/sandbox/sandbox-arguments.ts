import type { CollectedPlaces } from './collect-places.ts';
import type { SandboxParts } from './find-parts.ts';
import { type Place, placeOf } from './place.ts';
import { words } from './words.ts';

/** Where the helper stands in the sandbox, and the socket that leads to the proxy. */
const HELPER = '/run/colloquy/confine';
const PROXY_SOCKET = '/run/colloquy/proxy';
/** The port, inside, that leads to the proxy. */
export const PROXY_PORT = 3128;

export type SandboxCall = {
  parts: SandboxParts;
  places: CollectedPlaces;
  /** As it is called outside; it is the same inside. */
  cwd: string;
  /** False: commands may open Unix sockets. Then the helper is not used. */
  refuseSockets: boolean;
  /** The socket of the proxy, where hosts are allowed. */
  proxySocket: string | undefined;
  /** The command line to run inside. */
  argv: readonly string[];
};

/** The arguments for bwrap. The root is an empty folder in memory, read-only, in which only what is named is mounted. */
export function sandboxArguments(call: SandboxCall): string[] {
  const { places, parts } = call;
  const outer = places.places.find(({ path }) => path === '/');
  const inner = places.places.filter((place) => place !== outer);
  return [
    ...words('--json-status-fd 3 --unshare-all --unshare-user --die-with-parent'),
    ...capabilities(call.refuseSockets),
    ...(outer === undefined ? ['--tmpfs', '/'] : mount(outer)),
    ...words('--proc /proc'),
    ...coveredForRoot(),
    ...words('--dev /dev --tmpfs /run'),
    ...inner.filter((place) => isNeeded(place, places.places)).flatMap(mount),
    ...places.links.flatMap(({ at, to }) => ['--symlink', to, at]),
    ...(call.refuseSockets ? ['--ro-bind', parts.helper, HELPER] : []),
    ...(call.proxySocket === undefined ? [] : ['--bind', call.proxySocket, PROXY_SOCKET]),
    ...words(outer === undefined ? '--remount-ro /run --remount-ro /' : '--remount-ro /run'),
    ...inner.flatMap((place) =>
      place.access === 'none' && place.isFolder && isNeeded(place, places.places) ? ['--remount-ro', place.path] : [],
    ),
    '--chdir',
    call.cwd,
    '--',
    ...inside(call),
  ];
}

/**
 * A root user keeps one capability, with which the helper makes a namespace of its own; the helper refuses what could be done with
 * those that are had in there. Without it nobody may make further namespaces.
 */
function capabilities(refuseSockets: boolean): string[] {
  if (!refuseSockets) return ['--cap-drop', 'ALL', '--disable-userns'];
  return ['--cap-drop', 'ALL', ...(process.geteuid?.() === 0 ? ['--cap-add', 'CAP_SETFCAP'] : [])];
}

/** Settings of the whole system belong to root, whatever namespace it is in: bwrap 0.8 leaves them to be written. */
function coveredForRoot(): string[] {
  if (process.geteuid?.() !== 0) return [];
  const folders = ['sys', 'sysrq-trigger', 'irq', 'bus', 'fs', 'acpi', 'scsi'].map((name) => `/proc/${name}`);
  return folders.flatMap((path) => ['--ro-bind-try', path, path]);
}

function mount({ path, access, isFolder, source = path }: Place): string[] {
  switch (access) {
    case 'write':
      return ['--bind', source, path];
    case 'read':
      return ['--ro-bind', source, path];
    case 'none':
      return isFolder ? ['--tmpfs', path] : ['--ro-bind', '/dev/null', path];
    default:
      return access satisfies never;
  }
}

/** Not where the place around it is mounted as it is, and allows the same. */
function isNeeded(place: Place, places: readonly Place[]): boolean {
  if (place.isPinned === true || place.source !== undefined) return true;
  const others = places.filter((other) => other !== place);
  const around = placeOf(others, place.path);
  if (around === undefined || around.source !== undefined) return place.access !== 'none';
  return around.access !== place.access;
}

function inside({ argv, refuseSockets, proxySocket, parts }: SandboxCall): string[] {
  const confined = refuseSockets ? [HELPER, ...argv] : [...argv];
  if (proxySocket === undefined) return confined;
  // What stands between the port and the socket runs before the helper, which would refuse it the socket.
  const relay = `"$0" TCP4-LISTEN:${PROXY_PORT},bind=127.0.0.1,fork,reuseaddr,backlog=1024 UNIX-CONNECT:${PROXY_SOCKET} </dev/null >/dev/null 2>&1 &`;
  const untilItListens = `i=0; until grep -q ' 0100007F:${PROXY_PORT.toString(16).toUpperCase().padStart(4, '0')} ' /proc/net/tcp || [ $i -ge 200 ]; do i=$((i + 1)); sleep 0.01; done`;
  return ['/bin/sh', '-c', `${relay}\n${untilItListens}\nexec "$@"`, parts.socat ?? 'socat', ...confined];
}
