import type { NewEntry } from '../log/entries.ts';
import { contextOf, promptText } from './context.ts';
import { isTaskNotification, tellLost } from './tell-task.ts';
import type { TurnWorld } from './turn-world.ts';

/**
 * What a new owner says of the background work of the one before: it has ended with it. Notifications that no turn has taken are
 * told with the next prompt, because nobody waits for turns of their own any longer.
 */
export async function recoverTasks({ log, state }: TurnWorld): Promise<void> {
  const facts: NewEntry[] = [];
  for (const prompt of state.queue.filter(isTaskNotification)) {
    facts.push({ kind: 'prompt_withdrawn', prompt: prompt.seq, by: 'task', once: `take:${prompt.seq}` });
    facts.push(contextOf('task', promptText(prompt.content)));
  }
  for (const task of state.tasks) {
    facts.push({ kind: 'task_ended', ...task, status: 'killed', summary: LOST });
    facts.push(contextOf('task', tellLost(task)));
  }
  if (facts.length > 0) await log.append(facts, { sync: 'lazy' });
}

const LOST = 'It ended with the process that it belonged to.';
