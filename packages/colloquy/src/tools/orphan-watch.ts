import type { ChildProcess, spawn as Spawn } from 'node:child_process';
import { within } from '../helpers/within.ts';
import { MARK_NAME } from './process-group.ts';

/** One command that is looked after. */
export type Watched = {
  /** Its process group, once there is one. */
  group(id: number): void;
  /** Nothing of it is left: it needs no looking after. Resolves when nobody does so any longer, soon in any case. */
  done(): Promise<void>;
};

/**
 * Reads `start MARK`, `group MARK ID` and `done MARK`. At the end of its input, which comes when our process is gone, it ends
 * what is left: the groups, and on Linux what carries a mark and has moved out of its group.
 */
const SCRIPT = `
trap '' HUP INT TERM
marks= groups=
without() { kept=; for one in $2; do [ "\${one%%:*}" = "$1" ] || kept="$kept $one"; done; }
while read -r what mark id; do
  case $what in
    start) marks="$marks $mark" ;;
    group) groups="$groups $mark:$id" ;;
    done) without "$mark" "$marks"; marks=$kept; without "$mark" "$groups"; groups=$kept ;;
  esac
done
[ -n "$marks" ] || exit 0
for one in $groups; do kill -TERM "-\${one#*:}"; done
alive() { for one in $groups; do kill -0 "-\${one#*:}" && return 0; done; return 1; }
tries=0
while [ $tries -lt 10 ] && alive; do
  sleep 0.1 || sleep 1
  tries=$((tries + 1))
done
for one in $groups; do kill -KILL "-\${one#*:}"; done
for mark in $marks; do
  for file in $(grep -lsz "^${MARK_NAME}=$mark$" /proc/[0-9]*/environ); do
    file=\${file#/proc/}
    kill -KILL "\${file%/environ}"
  done
done
`;

/** The watchdog ends in a few milliseconds once it has nothing to watch. */
const END_WITHIN_MS = 500;

type Watchdog = { child: ChildProcess; ended: Promise<void>; watched: number };

let watchdog: Watchdog | undefined;

/**
 * Looks after a command from before it is started, so that it ends with this process even if that is killed. One small shell does
 * it for all commands that run, and is gone when none does. Where there is no such shell, nobody looks after them.
 */
export async function watchOver(mark: string): Promise<Watched> {
  if (process.platform === 'win32') return { group: () => {}, done: async () => {} };
  const { spawn } = await import('node:child_process');
  const watching = (watchdog ??= startWatchdog(spawn));
  const tell = (line: string): void => void watching.child.stdin?.write(`${line}\n`);
  watching.watched += 1;
  tell(`start ${mark}`);
  return {
    group: (id) => tell(`group ${mark} ${id}`),
    async done() {
      tell(`done ${mark}`);
      watching.watched -= 1;
      if (watching.watched > 0) return;
      if (watchdog === watching) watchdog = undefined;
      watching.child.stdin?.end();
      await within(END_WITHIN_MS, watching.ended);
    },
  };
}

function startWatchdog(spawn: typeof Spawn): Watchdog {
  // In a session of its own, so that a Ctrl-C or the end of the terminal does not reach it before it has done its work.
  const child = spawn('sh', ['-c', SCRIPT], {
    cwd: '/',
    detached: true,
    env: process.env['PATH'] === undefined ? {} : { PATH: process.env['PATH'] },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  // Without a shell, or when somebody has killed it, commands run unwatched.
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  // A shell that could not be started says `close` as well.
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return { child, ended, watched: 0 };
}
