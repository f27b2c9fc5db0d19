import type { Json } from './entries.ts';
import { openCalls, type QueuedPrompt, type SessionState } from './fold.ts';

/** A queue longer than this is not written again and again, turn after turn. */
const MAX_KEPT_PROMPTS = 100;
const MAX_KEPT_PROMPT_CHARS = 200_000;

/**
 * What is kept with the session's row at the end of a turn, so that a resume folds only the entries after its `seq`: those of
 * the turn's end among them, and any input that slipped in before it. Undefined while very much waits in the queue: the checkpoint
 * before it will do.
 */
export function toCheckpoint(state: SessionState): Json | undefined {
  if (isLong(state.queue)) return undefined;
  const { turn, ...kept } = state;
  // The end of the turn is written with it.
  if (turn !== undefined) kept.deferred = openCalls(turn);
  return { v: 3, ...copyOf(kept) } satisfies Checkpoint;
}

function isLong(queue: readonly QueuedPrompt[]): boolean {
  if (queue.length > MAX_KEPT_PROMPTS) return true;
  let chars = 0;
  return queue.some(({ content }) => (chars += JSON.stringify(content).length) > MAX_KEPT_PROMPT_CHARS);
}

/** The state that a checkpoint stands for; `undefined` if it is of a form we do not know. */
export function fromCheckpoint(checkpoint: Json): SessionState | undefined {
  if (!isCheckpoint(checkpoint)) return undefined;
  const { v: _, ...state } = checkpoint;
  return { ...copyOf(state), turn: undefined };
}

/** The state goes on changing in place: what a checkpoint holds must not. */
function copyOf(state: Omit<SessionState, 'turn'>): Omit<SessionState, 'turn'> {
  const { permissionUpdates } = state.settings;
  return {
    ...state,
    queue: [...state.queue],
    tasks: [...state.tasks],
    rewound: [...state.rewound],
    settings: { ...state.settings, permissionUpdates: [...permissionUpdates] },
  };
}

type Checkpoint = Omit<SessionState, 'turn'> & { v: 3 };

/** Checkpoints are written by `toCheckpoint` alone; their version says which of its forms it is. */
function isCheckpoint(value: Json): value is Checkpoint {
  return typeof value === 'object' && value !== null && 'v' in value && value.v === 3;
}
