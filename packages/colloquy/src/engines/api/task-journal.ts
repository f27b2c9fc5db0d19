import { randomUUID } from 'node:crypto';
import type { Entry, NewEntry, TaskFacts } from '../../log/entries.ts';
import type { SessionLog } from '../../log/session-log.ts';
import type { BackgroundTask, TaskJournal, TellModel } from '../../tools/tasks/background-tasks.ts';
import { contextOf } from '../../turn/context.ts';
import { tellEnd, tellNews } from '../../turn/tell-task.ts';

/** What the journal needs of its session. */
type Session = {
  log: SessionLog;
  waitFor(fits: (entry: Entry) => boolean, signal: AbortSignal): Promise<Entry>;
};

/** Writes of a session's background work into its log, where the model and the readers are told of it. */
export function taskJournal(session: Session): TaskJournal {
  const append = (entries: readonly NewEntry[]): Promise<readonly Entry[]> => appendUnlessOver(session.log, entries);
  return {
    async started(task) {
      await append([{ kind: 'task_started', ...factsOf(task) }]);
    },
    async ended(task, tell) {
      const { status, summary = '' } = task;
      if (status !== 'running')
        await append([{ kind: 'task_ended', ...factsOf(task), status, summary }, ...telling(task, tell)]);
    },
    async news(task, text, signal) {
      const [prompt] = await append([promptOf(tellNews(factsOf(task), text))]);
      if (prompt === undefined || signal.aborted) return;
      const isSettled = (entry: Entry): boolean =>
        (entry.kind === 'prompt_taken' || entry.kind === 'prompt_withdrawn') && entry.prompt === prompt.seq;
      await session.waitFor(isSettled, signal).catch(() => undefined);
    },
  };
}

/** A session that is closed, or has lost its lease, writes nothing more: the next owner finds that the task has ended. */
async function appendUnlessOver(log: SessionLog, entries: readonly NewEntry[]): Promise<readonly Entry[]> {
  try {
    const appended = await log.append(entries, { sync: 'lazy' });
    return appended.ok ? appended.entries : [];
  } catch {
    // Whatever has failed, the session's turns meet it too and tell it; a task has nobody to tell.
    return [];
  }
}

function factsOf({ id, type, toolUseId, description, outputFile }: BackgroundTask): TaskFacts {
  return { task: id, taskType: type, toolUseId, description, outputFile };
}

function telling(task: BackgroundTask, tell: TellModel): NewEntry[] {
  const text = tellEnd(factsOf(task), task);
  switch (tell) {
    case 'turn':
      return [promptOf(text)];
    case 'next':
      return [contextOf('task', text)];
    case 'nobody':
      return [];
    default:
      return tell satisfies never;
  }
}

/** Joins the turn that runs, with the next results of its tools; else it has a turn of its own. */
function promptOf(text: string): NewEntry & { kind: 'prompt' } {
  return {
    kind: 'prompt',
    uuid: randomUUID(),
    content: [{ type: 'text', text }],
    by: 'task',
    origin: { kind: 'task-notification' },
    priority: 'next',
    startsTurn: true,
  };
}
