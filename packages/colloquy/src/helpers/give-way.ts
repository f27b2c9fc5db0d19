/** How long one turn of the event loop may be at work before what can wait is put off to the next, in milliseconds. */
const BUSY_MS = 3;
/** So many go on at once: several may ask before the first of them has done anything that took time. */
const AT_ONCE = 4;

// The event loop turns on while a test holds the clock.
const soon = setImmediate;
const nowMs = performance.now.bind(performance);

/** When the first one of this turn of the loop asked; undefined before that. */
let busySinceMs: number | undefined;
let wentOn = 0;
const waiting: (() => void)[] = [];

/**
 * Asked before a piece of work of which hundreds may come at once. Undefined when the event loop has hardly begun this turn; otherwise to
 * be waited for, until a later turn has room: nobody else then waits for all of them. They go on in the order in which they asked.
 */
export function giveWay(): Promise<void> | undefined {
  if (busySinceMs === undefined) {
    busySinceMs = nowMs();
    wentOn = 1;
    soon(beginTurn);
    return undefined;
  }
  if (waiting.length === 0 && wentOn < AT_ONCE && nowMs() - busySinceMs < BUSY_MS) {
    wentOn += 1;
    return undefined;
  }
  return new Promise((resolve) => waiting.push(resolve));
}

/** In a turn of its own: lets go on who waits, one after the other, as long as there is time. */
async function beginTurn(): Promise<void> {
  busySinceMs = undefined;
  if (waiting.length === 0) return;
  busySinceMs = nowMs();
  const untilMs = busySinceMs + BUSY_MS;
  do {
    waiting.shift()?.();
    await untilItRests();
  } while (waiting.length > 0 && nowMs() < untilMs);
  soon(beginTurn);
}

/**
 * What goes on has done all that it can do without the network, the disk or a timer: a tick that is asked for by a promise's callback comes
 * after all that promises call for.
 */
function untilItRests(): Promise<void> {
  return new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve)));
}
