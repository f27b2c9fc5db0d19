import { isRecord } from '../helpers/is-record.ts';
import type { Json, TaskFacts } from '../log/entries.ts';

// What the model is told of work beside its turns. It comes from us, not from a person: the tag says so.

/** That it has ended, and how. */
export function tellEnd(facts: TaskFacts, end: TaskEnding): string {
  const { status, summary = '', lastNews = '' } = end;
  const printed = lastNews === '' ? '' : ` Before that it has printed:\n${withoutTag(lastNews)}`;
  return inTag(`${nameOf(facts)} has ended (${status}). ${summary} Its output is in ${facts.outputFile}.${printed}`);
}

type TaskEnding = { status: string; summary?: string | undefined; lastNews?: string | undefined };

/** What it has printed since. */
export function tellNews(facts: TaskFacts, text: string): string {
  return inTag(`${nameOf(facts)} has printed:\n${withoutTag(text)}`);
}

/** That it is gone with the process, or the session, that it belonged to. */
export function tellLost(facts: TaskFacts): string {
  return inTag(
    `${nameOf(facts)} does not run any longer, because the process that it belonged to has ended. How far it came is not known, and its output is gone.`,
  );
}

function nameOf({ task, taskType, description }: TaskFacts): string {
  return `Background ${taskType === 'monitor' ? 'monitor' : 'task'} ${task} (${description})`;
}

/** What a command prints does not end the tag. */
const withoutTag = (text: string): string => text.replaceAll(/<\/?task-notification>/gi, '[tag]');

const inTag = (text: string): string => `<task-notification>\n${text}\n</task-notification>`;

/** Whether a prompt is a word of the engine about its background work, and not one of a person or program. */
export function isTaskNotification({ origin }: { origin: Json }): boolean {
  return isRecord(origin) && origin['kind'] === 'task-notification';
}
