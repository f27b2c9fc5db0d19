import type { QueuedPrompt } from '../../log/fold.ts';

const ORDER = { now: 0, next: 1, later: 2 } as const;

/**
 * The prompts of the next turn: the first of the most urgent, in the order they were accepted. With `merge`, all that wait join it,
 * as in the official SDK.
 */
export function pickPrompts(queue: readonly QueuedPrompt[], merge: boolean): QueuedPrompt[] {
  const inOrder = [...queue].sort((a, b) => ORDER[a.priority] - ORDER[b.priority] || a.seq - b.seq);
  const first = inOrder[0];
  if (first === undefined) return [];
  return merge && first.startsTurn ? inOrder.filter((prompt) => prompt.startsTurn) : [first];
}
