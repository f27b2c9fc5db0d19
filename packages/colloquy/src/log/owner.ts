import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, uptime } from 'node:os';

/** Boot times told by different processes of one boot differ by the rounding and by corrections of the clock. */
const BOOT_TOLERANCE_S = 60;
/** The process's start is field 22 of `/proc/<pid>/stat`; the state, field 3, is the first after the command's `)`. */
const START_FIELD = 22 - 3;

type OwnerFacts = { host: string; pid: number; boot: string; started: string };

let own: OwnerFacts | undefined;

/** A new name for a holder of leases in this process: `host pid boot start random`. No two are the same. */
export function newOwner(): string {
  const { host, pid, boot, started } = ownFacts();
  return [host, pid, boot, started, randomUUID()].join(' ');
}

/** The holder for people, as `host pid`; a text that `newOwner` did not make is given back as it is. */
export function describeOwner(owner: string | undefined): string {
  if (owner === undefined) return 'another process';
  const facts = parseOwner(owner);
  return facts === undefined ? owner : `${facts.host} ${facts.pid}`;
}

/**
 * Whether the process that made an owner's name still runs; `undefined` when that cannot be told from here
 * (another machine, another container, another boot): then only the lease's expiry decides.
 */
export function isOwnerAlive(owner: string): boolean | undefined {
  const facts = parseOwner(owner);
  const here = ownFacts();
  if (facts === undefined || facts.host !== here.host || !isSameBoot(facts.boot, here.boot)) return undefined;
  if (facts.pid === here.pid) return facts.started === here.started;
  const started = startOf(facts.pid);
  if (started === 'gone') return false;
  if (started === undefined || facts.started === '-') return undefined;
  return started === facts.started;
}

/** Whether a lease keeps others away: it has not expired, and its holder is not known to be dead. */
export function isHeld(owner: string | null | undefined, untilMs: number, nowMs: number): owner is string {
  return typeof owner === 'string' && untilMs > nowMs && isOwnerAlive(owner) !== false;
}

function parseOwner(owner: string): OwnerFacts | undefined {
  const [host, pid, boot, started, random, ...rest] = owner.split(' ');
  if (!host || !pid || !/^\d+$/.test(pid) || !boot || !started || !random || rest.length > 0) return undefined;
  return { host, pid: Number(pid), boot, started };
}

function ownFacts(): OwnerFacts {
  own ??= {
    host: hostname().replaceAll(/\s/g, '-') || 'localhost',
    pid: process.pid,
    boot: bootId(),
    started: startOf(process.pid) ?? '-',
  };
  return own;
}

/** On Linux the kernel's id of this boot with the process namespace, because containers share the first; elsewhere the time of the boot. */
function bootId(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}/${readlinkSync('/proc/self/ns/pid').replaceAll(/\D/g, '')}`;
  } catch {
    return `t${Math.round(Date.now() / 1000 - uptime())}`;
  }
}

function isSameBoot(a: string, b: string): boolean {
  if (!a.startsWith('t') || !b.startsWith('t')) return a === b;
  return Math.abs(Number(a.slice(1)) - Number(b.slice(1))) <= BOOT_TOLERANCE_S;
}

/** When a process started, in the kernel's own count; `gone` when there is none, `undefined` when it cannot be told. */
function startOf(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // No such file: the process is gone, or this system shows it no other's processes. A signal 0 tells which.
    return hasProcess(pid) ? undefined : 'gone';
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie, or one being buried: it runs no longer, only its parent has not looked yet.
  if (fields[0] === 'Z' || fields[0] === 'X') return 'gone';
  return fields[START_FIELD];
}

function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
