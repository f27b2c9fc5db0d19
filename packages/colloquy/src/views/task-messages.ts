import type { LateMap } from '../helpers/late-map.ts';
import { derivedUuid } from '../helpers/derived-uuid.ts';
import type { Entry, TaskFacts } from '../log/entries.ts';
import type { SDKMessage } from '../messages.ts';
import type { Common, SDKBackgroundTasksChangedMessage } from '../system-messages.ts';

/** Work beside the turns that goes on, by its id. */
export type TasksState = LateMap<string, TaskFacts>;

/** What is told of the beginning or the end of work beside the turns. */
export function foldTask(
  tasks: TasksState,
  sessionId: string,
  entry: Entry & { kind: 'task_started' | 'task_ended' },
): SDKMessage[] {
  const place = (index: number): Pick<Common, 'uuid' | 'session_id'> => ({
    uuid: derivedUuid(sessionId, entry.seq, index),
    session_id: sessionId,
  });
  const { task: task_id, toolUseId: tool_use_id, description } = entry;
  if (entry.kind === 'task_started') {
    tasks.set(task_id, entry);
    const task_type = entry.taskType;
    return [
      { type: 'system', subtype: 'task_started', task_id, tool_use_id, description, task_type, ...place(0) },
      { ...changed(tasks), ...place(1) },
    ];
  }
  tasks.delete(task_id);
  const { status, summary, outputFile: output_file, at } = entry;
  const patch = { status, end_time: Date.parse(at), ...(status === 'failed' ? { error: summary } : {}) };
  return [
    { type: 'system', subtype: 'task_updated', task_id, patch, ...place(0) },
    {
      type: 'system',
      subtype: 'task_notification',
      task_id,
      tool_use_id,
      status: status === 'killed' ? 'stopped' : status,
      output_file,
      summary,
      ...place(1),
    },
    { ...changed(tasks), ...place(2) },
  ];
}

function changed(tasks: TasksState): Omit<SDKBackgroundTasksChangedMessage, 'uuid' | 'session_id'> {
  const all = [...tasks.values()];
  return {
    type: 'system',
    subtype: 'background_tasks_changed',
    tasks: all.map(({ task, taskType, description }) => ({ task_id: task, task_type: taskType, description })),
  };
}
