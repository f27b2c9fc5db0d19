import { lstatSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { isInside } from '../../permissions/paths.ts';
import type { ShellOutcome } from '../tool.ts';
import type { Reach } from './collect-places.ts';
import { type Place, placeOf } from './place.ts';

/** What is known of the sandbox in which a command ran. */
type Ran = { places: readonly Place[]; reach: Reach; hasProxy: boolean };

const NETWORK =
  /network is unreachable|could not resolve|temporary failure in name resolution|name or service not known|connection refused|failed to connect|couldn't connect|no route to host|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|blocked by network allowlist|CONNECT tunnel failed|proxy response \(403\)/i;
/** Told as a page, with which some programs are content. */
const PROXY = /blocked by network allowlist/i;
/** What a shell puts before its messages. */
const PREFIX = /^\S+: line \d+: /;
const SOCKET = /operation not permitted|\bEPERM\b/i;
const READING = /no such file or directory|not found|cannot find|permission denied|\bENOENT\b|\bEACCES\b/i;
const WRITING = /read-only file system|\bEROFS\b|device or resource busy|\bEBUSY\b/i;
/** Absolute paths and those from home, as messages quote them. */
const PATHS = /(?:^|[\s'"`‘“(:=])((?:~|\/)[^\s'"`’”:,;)]*)/g;
const WRITABLE =
  'The sandbox lets commands write in the working folders, except to what makes programs run, at home and in $TMPDIR; the setting `sandbox.filesystem.allowWrite` would allow more.';
const MAX_NOTES = 5;
const MAX_LINES = 200;

/**
 * What the sandbox has refused, as far as messages of the command tell, each with the setting that would allow it. A program that
 * says nothing, or nothing in English, is not explained.
 */
export function explainRefusals(command: string, outcome: ShellOutcome, ran: Ran): string[] {
  const printed =
    outcome.exitCode === 0 ? outcome.stdout.split('\n').filter((line) => PROXY.test(line)) : [outcome.stdout];
  const lines = [outcome.stderr, ...printed].join('\n').split('\n').slice(-MAX_LINES);
  const notes = new Set<string>();
  for (const line of lines) {
    for (const note of notesOf(line.slice(0, 2_000).replace(PREFIX, ''), command, ran)) notes.add(note);
    if (notes.size >= MAX_NOTES) break;
  }
  return [...notes].slice(0, MAX_NOTES).filter((note) => !isIgnored(note, command, ran.reach));
}

function notesOf(line: string, command: string, ran: Ran): string[] {
  if (WRITING.test(line)) {
    const named = pathsIn(line, ran);
    return named.length === 0 ? [WRITABLE] : named.flatMap((path) => whyNotWritten(path, ran) ?? []);
  }
  if (NETWORK.test(line)) return [whyNoNetwork(ran)];
  const notes: string[] = [];
  if (READING.test(line)) {
    for (const path of pathsIn(line, ran)) {
      const note = whyNotSeen(path, ran);
      if (note !== undefined) notes.push(note);
    }
  }
  if (
    notes.length === 0 &&
    SOCKET.test(line) &&
    refusesSockets(ran.reach) &&
    /sock|socket|unix|docker|dbus|agent/i.test(`${line} ${command}`)
  )
    return ['The sandbox refuses Unix sockets; the setting `sandbox.network.allowAllUnixSockets` would allow them.'];
  return notes;
}

const refusesSockets = ({ settings }: Reach): boolean => settings.network?.allowAllUnixSockets !== true;

function pathsIn(line: string, { reach }: Ran): string[] {
  const home = reach.env['HOME'] ?? '';
  const found = [...line.matchAll(PATHS)].map(([, path = '']) =>
    path.startsWith('~') ? join(home, path.slice(1)) : path,
  );
  return [...new Set(found.filter((path) => isAbsolute(path) && path !== '/'))].slice(0, MAX_NOTES);
}

function whyNotSeen(path: string, { places, reach }: Ran): string | undefined {
  if (/^\/proc\/\d+/.test(path))
    return 'Commands in the sandbox see no processes but their own; no setting shows others.';
  const place = placeOf(places, path);
  const isShown = place !== undefined && place.access !== 'none' && place.by !== 'private';
  if (isShown || !isThere(path)) return undefined;
  if (reach.own.some((own) => isInside(own, path)))
    return `${path} belongs to this program; the sandbox hides it, and no setting shows it.`;
  return `${path} is hidden by the sandbox; the setting \`sandbox.filesystem.allowRead\` would show it.`;
}

function whyNotWritten(path: string, { places }: Ran): string | undefined {
  const place = placeOf(places, path);
  if (place?.access === 'write') return undefined;
  if (place?.by === 'protected')
    return `${place.path} can make programs run outside of the sandbox, so that commands may not write to it; the setting \`sandbox.filesystem.allowWrite\` would allow it.`;
  return `${path} may not be written in the sandbox; the setting \`sandbox.filesystem.allowWrite\` would allow it.`;
}

function whyNoNetwork({ hasProxy }: Ran): string {
  return hasProxy
    ? 'The sandbox lets commands reach only the hosts of the setting `sandbox.network.allowedDomains`, through the proxy in HTTP_PROXY, and what they have started themselves.'
    : 'The sandbox has no network, neither to other machines nor to programs on this one outside of it; the setting `sandbox.network.allowedDomains` would allow hosts.';
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // Not ours to look at, which commands are told as well.
    return false;
  }
}

function isIgnored(note: string, command: string, { settings }: Reach): boolean {
  return Object.entries(settings.ignoreViolations ?? {}).some(
    ([pattern, texts]) => (pattern === '*' || command.includes(pattern)) && texts.some((text) => note.includes(text)),
  );
}
