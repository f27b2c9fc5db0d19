import type { QueuedPrompt } from '../../log/fold.ts';
import { isTaskNotification } from '../../turn/tell-task.ts';

const ORDER = { now: 0, next: 1, later: 2 } as const;

/**
 * The prompts of the next turn: the first of the most urgent, in the order they were accepted. With `merge`, all that wait join it,
 * as in the official SDK. What the engine says of background work joins any turn, all at once, and has one of its own if need be.
 */
export function pickPrompts(queue: readonly QueuedPrompt[], merge: boolean): QueuedPrompt[] {
  const news = queue.filter(isTaskNotification);
  const ordered = inOrder(queue);
  const first = ordered[0];
  if (first === undefined) return news;
  // A turn that asks nothing of the model is not made to.
  if (!first.startsTurn) return [first];
  return [...(merge ? ordered.filter((prompt) => prompt.startsTurn) : [first]), ...news];
}

/** What people and programs have given, the most urgent first, in the order they were accepted. */
export function inOrder(queue: readonly QueuedPrompt[]): QueuedPrompt[] {
  return queue
    .filter((prompt) => !isTaskNotification(prompt))
    .sort((a, b) => ORDER[a.priority] - ORDER[b.priority] || a.place - b.place);
}
