import type { ShellOutcome, ToolContext } from '../tool.ts';
import type { BackgroundTask, TaskEnd } from './background-tasks.ts';

/** A command as a shell is given it. */
export type CommandSpec = {
  command: string;
  description: string;
  cwd: string;
};

/** Starts a command that goes on while the model does other things. */
export function startCommandTask(context: ToolContext, spec: CommandSpec): Promise<BackgroundTask> {
  const { command, description, cwd } = spec;
  const { shell } = context;
  return context.background.start({
    type: 'local_bash',
    toolUseId: context.toolUseId,
    description,
    command,
    async run({ signal, write }) {
      const outcome = await shell.run(command, { cwd, timeoutMs: undefined, signal, onOutput: write });
      return commandEnd(outcome);
    },
  });
}

/** How a command in the background has ended, unless somebody has ended it. */
export function commandEnd({ exitCode, timedOut, notes = [] }: ShellOutcome): TaskEnd {
  const how = timedOut
    ? 'It was ended because its time was over.'
    : exitCode === null
      ? 'It was ended by a signal.'
      : `It ended with exit code ${exitCode}.`;
  return { status: exitCode === 0 ? 'completed' : 'failed', summary: [how, ...notes].join(' '), exitCode };
}
