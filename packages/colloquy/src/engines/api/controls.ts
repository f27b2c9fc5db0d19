import { ConfigurationError } from '../../errors.ts';
import { jsonCopy } from '../../helpers/json-copy.ts';
import type { Json, Seq } from '../../log/entries.ts';
import type { LogAppended } from '../../log/session-log.ts';
import { listModels, resolveModel } from '../../messages-api/models.ts';
import { reportedMode } from '../../options/reported-mode.ts';
import { readOutputEnd } from '../../tools/tasks/read-output.ts';
import { isTaskNotification } from '../../turn/tell-task.ts';
import type { Controls } from '../engine.ts';
import type { ApiSession } from './api-session.ts';
import { giveAnswer } from './give-answer.ts';
import { inOrder } from './pick-prompts.ts';
import { editPrompt, listQueue, waitingPrompt, withdraw } from './queue-controls.ts';
import { switchModel } from './switch-model.ts';
import { giveToolResult } from './tool-result.ts';

export type Handlers = {
  [K in keyof Controls]: (session: ApiSession, args: Controls[K]['args']) => Promise<Controls[K]['result']>;
};

/** What can be asked of a session, each by name. Inputs are durable before they are acknowledged. */
export const CONTROLS: Handlers = {
  async interrupt(session, { cancelQueued, by }) {
    const who = by ?? session.setup.by;
    // Before the interrupt, so that no prompt's turn begins where the interrupted one ends; all share one wait for the disk.
    const withdrawing =
      cancelQueued === true
        ? session.state.queue
            .filter((prompt) => !isTaskNotification(prompt))
            .map(async (prompt) => ((await withdraw(session, prompt, who)).withdrawn ? prompt.uuid : undefined))
        : [];
    const interrupt = { kind: 'interrupt' as const, by: who, keepQueue: cancelQueued !== true };
    const interrupting = session.log.input([interrupt], { sync: 'now' }).catch((error: unknown) => {
      // What runs is stopped all the same, above all when the log cannot be written any longer.
      session.stopTurn();
      throw error;
    });
    const [interrupted, ...uuids] = await Promise.all([interrupting, ...withdrawing]);
    // What the engine says of background work is nobody's prompt.
    const still_queued = inOrder(session.state.queue).map(({ uuid }) => uuid);
    const cancelled = uuids.filter((uuid) => uuid !== undefined);
    const receipt = cancelQueued === true ? { still_queued, cancelled } : { still_queued };
    // Of use where the log is shown.
    return session.setup.hosted ? { ...receipt, seq: placeOf(interrupted) } : receipt;
  },

  async setPermissionMode(session, { mode, by }) {
    session.setup.checkMode(mode);
    const shown = reportedMode(mode);
    await session.log.input(
      [{ kind: 'settings', patch: { permissionMode: mode, reportedMode: shown }, by: by ?? session.setup.by }],
      {
        sync: 'now',
      },
    );
    return { mode: shown };
  },

  async setModel(session, { model, by }) {
    const resolved = model === undefined ? null : resolveModel(model);
    session.setup.checkModel(resolved ?? undefined);
    await switchModel(session, { requested: model ?? null, model: resolved, by: by ?? session.setup.by });
    return { model: session.world.model() };
  },

  async answer(session, args) {
    return giveAnswer(session, args);
  },

  async queue(session) {
    return listQueue(session);
  },

  async withdraw(session, { uuid, by }) {
    const prompt = waitingPrompt(session, uuid);
    return prompt === undefined ? { withdrawn: false } : withdraw(session, prompt, by ?? session.setup.by);
  },

  async editPrompt(session, args) {
    return editPrompt(session, args);
  },

  async toolResult(session, args) {
    return giveToolResult(session, args);
  },

  async rewind(session, { to, by }) {
    return session.betweenTurns(async () => {
      const { rewind } = await import('./rewind.ts');
      return rewind(session, { to, by: by ?? session.setup.by });
    });
  },

  async setTools(session, { by, ...changes }) {
    const tools = jsonCopy(session.setup.tools.with(changes));
    if (!tools.ok) throw new ConfigurationError(`The tools are not JSON: ${tools.problem}`);
    const seq = await changeSettings(session, { tools: tools.value }, by);
    return { tools: session.setup.tools.nextNames, seq };
  },

  async setBudget(session, { maxBudgetUsd, by }) {
    session.setup.checkBudget(maxBudgetUsd);
    const seq = await changeSettings(session, { maxBudgetUsd }, by);
    return { maxBudgetUsd, seq };
  },

  async stopTask(session, { taskId }) {
    await session.world.background.stop(taskId, 'person');
    return {};
  },

  async backgroundTasks(session, { toolUseId }) {
    const moved = session.world.background.moveToBackground(toolUseId);
    // Said of one call only; asked of all, it just does it.
    return { moved: moved || toolUseId === undefined };
  },

  async getTaskOutput(session, { taskId, maxBytes }) {
    const task = session.world.background.get(taskId);
    if (task === undefined) throw new ConfigurationError(`Session ${session.id} has no task ${taskId}`);
    const { text, leftOutBytes } = await readOutputEnd(task.outputFile, Math.min(maxBytes ?? 30_000, 1_000_000));
    const { status, description, outputFile } = task;
    return {
      task_id: taskId,
      task_type: task.type,
      status,
      description,
      output: text,
      left_out_bytes: leftOutBytes,
      output_file: outputFile,
    };
  },

  async rewindFiles(session, args) {
    const { rewindFiles } = await import('./rewind-files.ts');
    return rewindFiles(session, args);
  },

  async serverInfo(session) {
    const init = session.world.init();
    return {
      commands: [],
      agents: session.setup.agents,
      models: listModels().map(({ id, displayName }) => ({ value: id, displayName, description: '' })),
      account: { apiKeySource: init.apiKeySource },
      output_style: init.output_style,
      available_output_styles: [init.output_style],
    };
  },

  async mcpServerStatus(session) {
    return session.setup.mcpServerStatus();
  },

  async askClaudeCode(_session, { subtype }) {
    throw new ConfigurationError(`Only Claude Code itself knows ${subtype}; choose \`engine: 'cli'\` for it`);
  },
};

/** Changes settings through the log; gives the place of the change. */
async function changeSettings(
  { log, setup }: ApiSession,
  patch: Record<string, Json>,
  by: string | undefined,
): Promise<Seq | undefined> {
  const appended = await log.input([{ kind: 'settings', patch, by: by ?? setup.by }], { sync: 'now' });
  return placeOf(appended);
}

/** Where the last entry of a batch stands. */
function placeOf(appended: LogAppended): Seq | undefined {
  return appended.ok ? appended.entries.at(-1)?.seq : undefined;
}
