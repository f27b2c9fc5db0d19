import { ConfigurationError } from '../../errors.ts';
import { isRecord } from '../../helpers/is-record.ts';
import type { PermissionMode } from '../../messages.ts';
import { reportedMode } from '../../options/reported-mode.ts';
import { validateModel, validatePermissionMode } from '../../options/validate.ts';
import type { Controls, McpServerStatus, RewindFilesResult, ServerInfo, TaskOutputReport } from '../engine.ts';
import type { CliSession } from './cli-session.ts';

type Handlers = {
  [K in keyof Controls]: (session: CliSession, args: Controls[K]['args']) => Promise<Controls[K]['result']>;
};

// Answers of Claude Code are given on as it gives them: what is asked of it here has the shapes of its SDK, which ours have too.

/** What can be asked of a session, in the words of Claude Code's protocol. */
export const CLI_CONTROLS: Handlers = {
  async interrupt(session, { cancelQueued }) {
    if (session.isAsleep) return { still_queued: [], ...(cancelQueued === true ? { cancelled: [] } : {}) };
    const fields = cancelQueued === true ? { cancel_queued: true } : {};
    const { still_queued: queued, cancelled } = await ask(session, 'interrupt', fields);
    return {
      still_queued: texts(queued),
      ...(cancelQueued === true ? { cancelled: texts(cancelled) } : {}),
    };
  },

  async setPermissionMode(session, { mode }) {
    validatePermissionMode(mode, session.options);
    const { answers } = session;
    const before = answers.chosenMode;
    // A stricter mode counts from now on, a milder one from when Claude Code has said yes.
    if (reportedMode(mode) !== mode) answers.chosenMode = mode;
    try {
      const { mode: shown } = await ask(session, 'set_permission_mode', { mode: reportedMode(mode) });
      answers.chosenMode = mode;
      return { mode: (shown ?? reportedMode(mode)) as PermissionMode };
    } catch (error) {
      answers.chosenMode = before;
      throw error;
    }
  },

  async setModel(session, { model }) {
    if (model !== undefined) validateModel(model, session.options);
    const { model: resolved } = await ask(session, 'set_model', { model: model ?? session.options.model });
    session.noteModel(model);
    return { model: typeof resolved === 'string' ? resolved : (model ?? '') };
  },

  async answer() {
    throw new ConfigurationError(
      'Claude Code asks `canUseTool` for permission; there is no request to answer otherwise',
    );
  },

  ...refused(['toolResult', 'queue', 'withdraw', 'editPrompt', 'rewind', 'setTools', 'setBudget']),

  async stopTask(session, { taskId }) {
    await ask(session, 'stop_task', { task_id: taskId });
    return {};
  },

  async backgroundTasks(session, { toolUseId }) {
    const fields = toolUseId === undefined ? {} : { tool_use_id: toolUseId };
    const { backgrounded } = await ask(session, 'background_tasks', fields);
    // Said of one call only; asked of all, it just does it.
    return { moved: backgrounded !== false };
  },

  async getTaskOutput(session, { taskId, maxBytes }) {
    const fields = { task_id: taskId, ...(maxBytes === undefined ? {} : { max_bytes: maxBytes }) };
    // Claude Code answers in the form of its SDK, which ours is made after.
    return (await ask(session, 'get_task_output', fields)) as unknown as TaskOutputReport;
  },

  async rewindFiles(session, { userMessageId, dryRun }) {
    const fields = { user_message_id: userMessageId, ...(dryRun === true ? { dry_run: true } : {}) };
    // In the form of its SDK, too.
    return (await ask(session, 'rewind_files', fields)) as unknown as RewindFilesResult;
  },

  async serverInfo(session) {
    const { initialized } = await session.running();
    return toServerInfo(initialized);
  },

  async mcpServerStatus(session) {
    const { mcpServers } = await ask(session, 'mcp_status', {});
    return (Array.isArray(mcpServers) ? mcpServers : []) as McpServerStatus[];
  },

  async askClaudeCode(session, { subtype, fields = {} }) {
    const response = await ask(session, subtype, await session.answers.prepareFields(subtype, fields));
    if (subtype === 'initialize') Object.assign((await session.running()).initialized, response);
    return { response };
  },
};

/** Controls of sessions whose log is ours. */
function refused<K extends keyof Controls>(names: readonly K[]): Pick<Handlers, K> {
  const refuse = (name: K) => async (): Promise<never> => {
    throw new ConfigurationError(`Claude Code does not offer ${name}; choose \`engine: 'api'\` for it`);
  };
  // One of these for each name.
  return Object.fromEntries(names.map((name) => [name, refuse(name)])) as unknown as Pick<Handlers, K>;
}

async function ask(session: CliSession, subtype: string, fields: object): Promise<Record<string, unknown>> {
  const { channel } = await session.running();
  session.throwIfClosed();
  return channel.request({ ...fields, subtype });
}

function toServerInfo(initialized: Record<string, unknown>): ServerInfo {
  const { commands, agents, models, account, output_style: style, available_output_styles: styles } = initialized;
  return {
    ...initialized,
    commands: list(commands) as ServerInfo['commands'],
    agents: list(agents) as ServerInfo['agents'],
    models: list(models) as ServerInfo['models'],
    account: isRecord(account) ? account : {},
    output_style: typeof style === 'string' ? style : 'default',
    available_output_styles: texts(styles),
  };
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const texts = (value: unknown): string[] => list(value).filter((item) => typeof item === 'string');
