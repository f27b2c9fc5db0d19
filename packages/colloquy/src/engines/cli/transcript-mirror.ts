import { randomUUID } from 'node:crypto';
import { TimeoutError } from '../../errors.ts';
import { Deadline } from '../../helpers/deadline.ts';
import { delay } from '../../helpers/delay.ts';
import { isRecord } from '../../helpers/is-record.ts';
import { messageOf } from '../../helpers/message-of.ts';
import { untilAborted } from '../../helpers/until-aborted.ts';
import type { SessionKey, SessionStore, SessionStoreEntry, SessionStoreFlush } from '../../options/session-store.ts';
import type { CliLine } from './parse-line.ts';

const APPEND_WITHIN_MS = 60_000;
/** Before each further attempt. */
const RETRY_AFTER_MS = [200, 800];
/** As many wait for the end of a turn. */
const MAX_WAITING = 500;
const FILE = /[\\/]projects[\\/]([^\\/]+)[\\/]([0-9a-f-]{36})(?:[\\/](.+))?\.jsonl$/i;

/** Entries for one transcript, and whether they may no longer grow. */
type Lot = { key: SessionKey; entries: SessionStoreEntry[] };

/** Hands what Claude Code has written of its sessions on to a program's own store, in order, one call at a time. */
export class TranscriptMirror {
  readonly #store: SessionStore;
  readonly #isEager: boolean;
  readonly #onLost: (message: CliLine) => void;
  #lots: Lot[] = [];
  #waiting = 0;
  #handedOn: Promise<void> = Promise.resolve();

  /** `onLost` is told of what could not be kept, as a message for readers. It must not throw. */
  constructor(store: SessionStore, o: { flush: SessionStoreFlush | undefined; onLost: (message: CliLine) => void }) {
    this.#store = store;
    this.#isEager = o.flush === 'eager';
    this.#onLost = o.onLost;
  }

  /** Takes what a process has written. */
  take({ filePath, entries }: CliLine): void {
    const key = typeof filePath === 'string' ? keyOf(filePath) : undefined;
    if (key === undefined || !Array.isArray(entries)) return;
    const added = entries.filter(isEntry);
    const last = this.#isEager ? undefined : this.#lots.find((lot) => isSame(lot.key, key));
    if (last === undefined) this.#lots.push({ key, entries: added });
    else last.entries.push(...added);
    this.#waiting += added.length;
    if (this.#isEager || this.#waiting >= MAX_WAITING) void this.flush();
  }

  /** Resolves when everything taken so far is in the store, or told as lost. Never rejects. */
  flush(): Promise<void> {
    const lots = this.#lots;
    this.#lots = [];
    this.#waiting = 0;
    this.#handedOn = this.#handedOn.then(async () => {
      for (const lot of lots) await this.#handOn(lot);
    });
    return this.#handedOn;
  }

  async #handOn({ key, entries }: Lot): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.#append(key, entries);
        return;
      } catch (error) {
        const waitMs = RETRY_AFTER_MS[attempt];
        // One that took too long may still arrive.
        if (waitMs === undefined || error instanceof TimeoutError) {
          this.#onLost(lostMessage(key, messageOf(error)));
          return;
        }
        await delay(waitMs);
      }
    }
  }

  async #append(key: SessionKey, entries: SessionStoreEntry[]): Promise<void> {
    const deadline = new Deadline();
    const seconds = APPEND_WITHIN_MS / 1000;
    deadline.start(APPEND_WITHIN_MS, () => new TimeoutError(`The session store took longer than ${seconds} s`));
    try {
      await untilAborted(Promise.resolve(this.#store.append(key, entries)), deadline.signal);
    } finally {
      deadline.close();
    }
  }
}

/** Which transcript a file is; undefined for one that is none. */
export function keyOf(path: string): SessionKey | undefined {
  const [, projectKey, sessionId, subpath] = FILE.exec(path) ?? [];
  if (projectKey === undefined || sessionId === undefined) return undefined;
  return { projectKey, sessionId, ...(subpath === undefined ? {} : { subpath: subpath.replaceAll('\\', '/') }) };
}

const isSame = (a: SessionKey, b: SessionKey): boolean =>
  a.projectKey === b.projectKey && a.sessionId === b.sessionId && a.subpath === b.subpath;

const isEntry = (value: unknown): value is SessionStoreEntry => isRecord(value) && typeof value['type'] === 'string';

function lostMessage(key: SessionKey, error: string): CliLine {
  return { type: 'system', subtype: 'mirror_error', error, key, uuid: randomUUID(), session_id: key.sessionId };
}
