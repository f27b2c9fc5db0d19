import { ConfigurationError } from '../../errors.ts';
import type { Decision, NewEntry } from '../../log/entries.ts';
import { listModels, resolveModel } from '../../messages-api/models.ts';
import { reportedMode } from '../../options/reported-mode.ts';
import { parseUpdate } from '../../permissions/parse-update.ts';
import { applyUpdate, type PermissionState } from '../../permissions/state.ts';
import type { Controls, PermissionAnswer } from '../engine.ts';
import type { ApiSession } from './api-session.ts';

type Handlers = {
  [K in keyof Controls]: (session: ApiSession, args: Controls[K]['args']) => Promise<Controls[K]['result']>;
};

/** What can be asked of a session, each by name. Inputs are durable before they are acknowledged. */
export const CONTROLS: Handlers = {
  async interrupt(session, { cancelQueued, by }) {
    const who = by ?? session.setup.by;
    await session.log.input([{ kind: 'interrupt', by: who, keepQueue: cancelQueued !== true }], { sync: 'now' });
    if (cancelQueued !== true) return { still_queued: session.state.queue.map(({ uuid }) => uuid) };
    const cancelled: string[] = [];
    for (const { seq, uuid } of session.state.queue) {
      // A turn that takes the prompt in the same moment wins or loses by this key.
      const withdrawn = await session.log.input(
        [{ kind: 'prompt_withdrawn', prompt: seq, by: who, once: `take:${seq}` }],
        { sync: 'now' },
      );
      if (withdrawn.ok) cancelled.push(uuid);
    }
    return { still_queued: session.state.queue.map(({ uuid }) => uuid), cancelled };
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
    await session.log.input([{ kind: 'settings', patch: { model: resolved }, by: by ?? session.setup.by }], {
      sync: 'now',
    });
    return { model: session.world.model() };
  },

  async answer(session, { request, decision, by }) {
    const who = by ?? session.setup.by;
    const call = session.state.turn?.calls.find(({ asked }) => asked === request);
    if (call === undefined) {
      throw new ConfigurationError(
        `Nothing waits for an answer to permission request ${request}; it was answered, or its turn has ended`,
      );
    }
    const answer: NewEntry & { kind: 'permission_answer' } = {
      kind: 'permission_answer',
      request,
      decision: toDecision(decision, session.world.permissions.state),
      by: who,
      once: `answer:${request}`,
    };
    const appended = await session.log.input([answer], { sync: 'now' });
    if (appended.ok) return { won: true, by: who };
    return { won: false, by: appended.winner.kind === 'permission_answer' ? appended.winner.by : '' };
  },

  async serverInfo(session) {
    const init = session.world.init();
    return {
      commands: [],
      agents: [],
      models: listModels().map(({ id, displayName }) => ({ value: id, displayName, description: '' })),
      account: { apiKeySource: init.apiKeySource },
      output_style: init.output_style,
      available_output_styles: [init.output_style],
    };
  },
};

/** @throws ConfigurationError for permission updates that cannot be. */
function toDecision(answer: PermissionAnswer, permissions: PermissionState): Decision {
  if (answer.behavior === 'deny') {
    const reason =
      answer.message === undefined || answer.message === '' ? 'The user did not allow this call.' : answer.message;
    return { behavior: 'deny', source: 'person', reason, ...(answer.interrupt === true ? { interrupt: true } : {}) };
  }
  answer.updatedPermissions?.map(parseUpdate).reduce(applyUpdate, permissions);
  return {
    behavior: 'allow',
    source: 'person',
    reason: 'The user allowed this call.',
    ...(answer.updatedInput === undefined ? {} : { updatedInput: answer.updatedInput }),
    ...(answer.updatedPermissions === undefined ? {} : { suggestions: answer.updatedPermissions }),
  };
}
