import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { emit, text, thinking, toolUse } from '@colloquy/emulator';
import type { Options, SDKMessage } from 'colloquy';
import { find, findAll, gather, kindOf, pick } from '../harness/gather.ts';
import { listen, prompts, withId } from '../harness/inbox.ts';
import type { Program } from '../harness/program.ts';
import { conversation } from '../harness/tell.ts';

const BASE: Options = { model: 'claude-opus-5-5', settingSources: [] };
const BYPASS: Options = { ...BASE, permissionMode: 'bypassPermissions', allowDangerouslySkipPermissions: true };
const bash = (command: string, more: object = {}) => toolUse('Bash', { command, description: 'Do it', ...more });
const command = (line: string) => [{ hooks: [{ type: 'command' as const, command: line }] }];
/** Its documented fields, and their values where these are not words. */
const fields = (message: SDKMessage | undefined, names: readonly string[]) =>
  pick(message, ['type', 'subtype', 'uuid', 'session_id', ...names]);

/** Messages beside the conversation that a turn itself causes. */
export const events: Program = {
  name: 'events',
  ids: [
    'a.stream_event',
    'a.stream_event.order',
    'a.system.status',
    'a.system.status.mode',
    'a.system.permission_denied',
    'a.system.hook_started',
    'a.system.hook_progress',
    'a.system.hook_response',
    'a.system.hooks-of-callbacks',
    'b.setPermissionMode',
  ],
  async run({ sdk, scene }) {
    const at = await scene([thinking('Hm.', emit(3))]);
    const partial: Options = {
      ...BASE,
      includePartialMessages: true,
      thinking: { type: 'adaptive', display: 'summarized' },
    };
    const streamed = await gather(sdk, sdk.query({ prompt: 'Count', options: at.options(partial) }));
    const stream = streamed.messages.flatMap((one) => (one.type === 'stream_event' ? [one] : []));
    const whole = streamed.messages.filter(
      (one) => kindOf(one) !== 'system/thinking_tokens' && kindOf(one) !== 'system/status',
    );

    const hooked = await scene([bash('echo 1'), text('Done.')]);
    const settings = {
      hooks: { PreToolUse: command('echo hooked; for i in $(seq 100); do [ -e told ] && break; sleep 0.2; done') },
    };
    const withHooks: Options = {
      ...BYPASS,
      includeHookEvents: true,
      settings,
      hooks: { PostToolUse: [{ hooks: [async () => ({})] }] },
    };
    const hooks: SDKMessage[] = [];
    for await (const message of sdk.query({ prompt: 'Go', options: hooked.options(withHooks) })) {
      hooks.push(message);
      // The command goes on until its progress was told, however long that takes.
      if (kindOf(message) === 'system/hook_progress') await writeFile(join(hooked.folder, 'told'), '');
    }

    const asks = await scene([bash('touch a.txt'), text('Then not.')]);
    const denied = (await gather(sdk, sdk.query({ prompt: 'Go', options: asks.options(BASE) }))).messages;

    const changes = await scene([bash('touch b.txt'), text('Done.')]);
    const input = prompts();
    const query = sdk.query({ prompt: input, options: changes.options({ ...BYPASS, permissionMode: 'default' }) });
    const heard = listen(query);
    await query.setPermissionMode('bypassPermissions');
    input.say(withId('Go'));
    input.end();
    await heard.ended;
    return {
      'a.stream_event': at.normal(
        stream.map((one) => pick(one, ['type', 'parent_tool_use_id', 'session_id']).type && eventOf(one)),
      ),
      'a.stream_event.order': whole.map((one) => (one.type === 'stream_event' ? one.event.type : kindOf(one))),
      'a.system.status': at.normal(fields(find(streamed.messages, 'system/status'), ['status'])),
      'a.system.status.mode': changes.normal(
        fields(find(heard.messages, 'system/status'), ['status', 'permissionMode']),
      ),
      'a.system.permission_denied': asks.normal(
        Object.keys(fields(find(denied, 'system/permission_denied'), ['tool_name', 'tool_use_id', 'message'])),
      ),
      'a.system.hook_started': Object.keys(
        fields(find(hooks, 'system/hook_started'), ['hook_id', 'hook_name', 'hook_event']),
      ),
      'a.system.hook_progress': Object.keys(
        fields(find(hooks, 'system/hook_progress'), [
          'hook_id',
          'hook_name',
          'hook_event',
          'stdout',
          'stderr',
          'output',
        ]),
      ),
      'a.system.hook_response': hooked.normal(
        pick(find(hooks, 'system/hook_response'), [
          'hook_name',
          'hook_event',
          'stdout',
          'stderr',
          'exit_code',
          'outcome',
        ]),
      ),
      'a.system.hooks-of-callbacks': findAll(hooks, 'system/hook_')
        .map((one) => pick(one, ['subtype', 'hook_event']))
        .filter(({ subtype }) => subtype !== 'hook_progress'),
      'b.setPermissionMode': { kinds: conversation(heard.messages).map(kindOf) },
    };
  },
};

/** An event of the stream without what goes by the length of the prompt. */
function eventOf({ event }: SDKMessage & { type: 'stream_event' }): unknown {
  if (event.type === 'message_start')
    return { type: event.type, message: pick(event.message, ['id', 'type', 'role', 'model']) };
  if (event.type === 'message_delta') return { type: event.type, delta: pick(event.delta, ['stop_reason']) };
  if (event.type === 'content_block_delta' && event.delta.type === 'signature_delta')
    return { type: event.type, delta: 'signature' };
  return event;
}

/** Work in the background, and subagents. */
export const background: Program = {
  name: 'background',
  ids: [
    'a.system.task_started',
    'a.system.task_updated',
    'a.system.task_notification',
    'a.system.background_tasks_changed',
    'a.origin.task-notification',
    'a.assistant.subagent',
    'a.system.task_progress',
    'b.stopTask',
    'b.stopTask.unknown',
    'b.backgroundTasks',
  ],
  async run({ sdk, scene }) {
    const TASK = [
      'task_id',
      'tool_use_id',
      'description',
      'task_type',
      'status',
      'patch',
      'output_file',
      'summary',
      'tasks',
    ];
    const at = await scene([
      bash('sleep 0.3; echo done', { run_in_background: true }),
      text('It runs.'),
      text('It is done.'),
    ]);
    const input = prompts(withId('Go'));
    const query = sdk.query({ prompt: input, options: at.options(BYPASS) });
    const heard = listen(query);
    await heard.heard('result', 2);
    const unknown = await query.stopTask('no-such-task').then(
      () => 'fine',
      () => 'refused',
    );
    const none = await query.backgroundTasks();
    input.end();
    await heard.ended;

    const stopping = await scene([
      bash('sleep 60', { run_in_background: true }),
      text('It runs.'),
      text('It was stopped.'),
    ]);
    const more = prompts(withId('Go'));
    const session = sdk.query({ prompt: more, options: stopping.options(BYPASS) });
    const hears = listen(session);
    const started = await hears.heard('system/task_started');
    await hears.heard('result', 1);
    await session.stopTask(started.type === 'system' && started.subtype === 'task_started' ? started.task_id : '');
    const updated = await hears.heard('system/task_updated');
    more.end();
    await hears.ended;

    const agents = await scene([
      toolUse('Agent', {
        description: 'Look',
        prompt: 'Look around.',
        subagent_type: 'general-purpose',
        run_in_background: false,
      }),
      bash('echo looked'),
      text('I have looked.'),
      text('The agent is back.'),
    ]);
    const sent = (await gather(sdk, sdk.query({ prompt: 'Send somebody', options: agents.options(BYPASS) }))).messages;
    const inside = sent.filter((one) => 'parent_tool_use_id' in one && one.parent_tool_use_id !== null);
    const first = (kind: string) => at.normal(masked(fields(find(heard.messages, kind), TASK)));
    return {
      'a.system.task_started': first('system/task_started'),
      'a.system.task_updated': first('system/task_updated'),
      'a.system.task_notification': Object.keys(
        fields(find(heard.messages, 'system/task_notification'), TASK),
      ).toSorted(),
      'a.system.background_tasks_changed': findAll(heard.messages, 'system/background_tasks_changed')
        .map((one) => pick(one, ['tasks']))
        .map(({ tasks }) =>
          Array.isArray(tasks) ? tasks.map((task: object) => pick(task, ['task_type', 'description'])) : tasks,
        ),
      'a.origin.task-notification': findAll(heard.messages, 'result').map((one) =>
        one.type === 'result' ? (one.origin?.kind ?? 'none') : '',
      ),
      'a.assistant.subagent': agents.normal(
        inside.map((one) => ({
          kind: kindOf(one),
          ...pick(one, ['parent_tool_use_id', 'subagent_type', 'task_description']),
        })),
      ),
      'a.system.task_progress': Object.keys(
        fields(find(sent, 'system/task_progress'), [
          'task_id',
          'tool_use_id',
          'description',
          'subagent_type',
          'usage',
          'last_tool_name',
        ]),
      ),
      'b.stopTask':
        updated.type === 'system' && updated.subtype === 'task_updated' ? pick(updated.patch, ['status']) : updated,
      'b.stopTask.unknown': { unknown },
      'b.backgroundTasks': { none },
    };
  },
};

/** Names of tasks and files are random in each. */
function masked(value: Record<string, unknown>): unknown {
  return { ...value, ...('task_id' in value ? { task_id: '<task>' } : {}) };
}
