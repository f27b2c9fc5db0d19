import type { Entry, Seq, Store } from 'colloquy/internal';

const PAGE = 500;

/** What has become of something that a client said. */
export type Receipt = {
  kind: 'prompt' | 'interrupt' | 'withdrawal';
  seq: Seq;
  /** Of a prompt. */
  uuid?: string;
  by: string;
  state: 'admitted' | 'taken' | 'done' | 'withdrawn';
  admitted_at: string;
  taken_at?: string;
  /** When its turn ended, or it was withdrawn. */
  ended_at?: string;
  /** Of an edited prompt: the one that stands in its place. */
  replaced_by?: { uuid: string; seq: Seq };
  /** Why the turn ended. */
  reason?: string;
};

/** The receipt of what stands at a place of the log, told by the entries behind it; undefined where nothing that has one stands. */
export async function receiptOf(store: Store, session: string, seq: Seq): Promise<Receipt | undefined> {
  const [entry] = await store.read(session, { after: seq - 1, upTo: seq });
  const receipt = entry === undefined ? undefined : begin(entry);
  if (receipt === undefined) return undefined;
  const fold = { receipt, turn: undefined };
  for (let after = seq; !isSettled(receipt);) {
    const entries = await store.read(session, { after, limit: PAGE });
    for (const next of entries) if (!isSettled(receipt)) follow(fold, next);
    const last = entries.at(-1);
    if (last === undefined) break;
    after = last.seq;
  }
  // No turn was running that it could have ended, and none has begun since.
  if (receipt.kind === 'interrupt' && receipt.state === 'admitted' && !(await isRunning(store, session))) {
    receipt.state = 'done';
  }
  return receipt;
}

async function isRunning(store: Store, session: string): Promise<boolean> {
  return (await store.sessions.get(session))?.running === true;
}

function isSettled({ state }: Receipt): boolean {
  return state === 'done' || state === 'withdrawn';
}

function begin(entry: Entry): Receipt | undefined {
  const { seq, at: admitted_at } = entry;
  switch (entry.kind) {
    case 'prompt':
      return { kind: 'prompt', seq, uuid: entry.uuid, by: entry.by, state: 'admitted', admitted_at };
    case 'interrupt':
      return { kind: 'interrupt', seq, by: entry.by, state: 'admitted', admitted_at };
    case 'prompt_withdrawn':
      // It stands in the log only if it was in time.
      return { kind: 'withdrawal', seq, by: entry.by, state: 'done', admitted_at, ended_at: admitted_at };
    default:
      return undefined;
  }
}

type Fold = { receipt: Receipt; turn: string | undefined };

function follow(fold: Fold, entry: Entry): void {
  if (entry.thread !== 'main') return;
  if (fold.receipt.kind === 'prompt') followPrompt(fold, entry);
  else followInterrupt(fold.receipt, entry);
}

function followPrompt(fold: Fold, entry: Entry): void {
  const { receipt } = fold;
  if (entry.kind === 'prompt_withdrawn' && entry.prompt === receipt.seq) {
    Object.assign(receipt, { state: 'withdrawn', ended_at: entry.at });
  } else if (entry.kind === 'prompt' && entry.replaces === receipt.seq) {
    receipt.replaced_by = { uuid: entry.uuid, seq: entry.seq };
  } else if (entry.kind === 'prompt_taken' && entry.prompt === receipt.seq) {
    Object.assign(receipt, { state: 'taken', taken_at: entry.at });
    fold.turn = entry.turn;
  } else if (entry.kind === 'turn_end' && entry.turn === fold.turn) {
    Object.assign(receipt, { state: 'done', ended_at: entry.at, reason: entry.reason });
  }
}

function followInterrupt(receipt: Receipt, entry: Entry): void {
  if (entry.kind === 'turn_end') Object.assign(receipt, { state: 'done', ended_at: entry.at, reason: entry.reason });
  // Nothing ran when it came.
  else if (entry.kind === 'turn_start') receipt.state = 'done';
}
