import { gather, kindOf } from '../harness/gather.ts';
import type { Program } from '../harness/program.ts';
import { RESULT, standIn, type Step } from '../harness/stand-in.ts';

const task = { task_id: 'b1', description: 'Waits' };
const refusal = {
  trigger: 'refusal',
  direction: 'retry',
  original_model: 'claude-fable-5-2',
  fallback_model: 'claude-opus-5-5',
  content: 'Another model goes on.',
};

/** Messages whose cause lies with the service or the machine: a stand-in says them, and both SDKs tell them. By row. */
const SAID: Record<string, Record<string, unknown>> = {
  'a.origin.others': { ...RESULT, origin: { kind: 'channel', server: 'phone' } },
  'a.terminal.others': { ...RESULT, terminal_reason: 'rapid_refill_breaker' },
  'a.system.session_state_changed': { type: 'system', subtype: 'session_state_changed', state: 'requires_action' },
  'a.system.notification': { type: 'system', subtype: 'notification', key: 'k', text: 'Look here', priority: 'high' },
  'a.system.local_command_output': { type: 'system', subtype: 'local_command_output', content: 'Out' },
  'a.system.commands_changed': {
    type: 'system',
    subtype: 'commands_changed',
    commands: [{ name: 'go', description: 'Goes', argumentHint: '' }],
  },
  'a.system.memory_recall': {
    type: 'system',
    subtype: 'memory_recall',
    mode: 'select',
    memories: [{ path: '/m.md', scope: 'personal' }],
  },
  'a.system.files_persisted': {
    type: 'system',
    subtype: 'files_persisted',
    files: [],
    failed: [],
    processed_at: 'now',
  },
  'a.system.mirror_error': {
    type: 'system',
    subtype: 'mirror_error',
    error: 'No room',
    key: { projectKey: 'p', sessionId: 's' },
  },
  'a.system.session_writes_lost': { type: 'system', subtype: 'session_writes_lost', error_code: 'ENOSPC', lost: [] },
  'a.system.elicitation_complete': {
    type: 'system',
    subtype: 'elicitation_complete',
    mcp_server_name: 'm',
    elicitation_id: 'e1',
  },
  'a.system.plugin_install': { type: 'system', subtype: 'plugin_install', status: 'completed', name: 'p' },
  'a.system.model_refusal_fallback': { type: 'system', subtype: 'model_refusal_fallback', ...refusal },
  'a.system.model_refusal_no_fallback': { type: 'system', subtype: 'model_refusal_no_fallback', ...refusal },
  'a.system.control_request_progress': {
    type: 'system',
    subtype: 'control_request_progress',
    request_id: 'r1',
    status: 'started',
  },
  'a.system.worker_shutting_down': { type: 'system', subtype: 'worker_shutting_down', reason: 'host_exit' },
  'a.system.session_title_changed': { type: 'system', subtype: 'session_title_changed', title: 'A title' },
  'a.tool_progress': {
    type: 'tool_progress',
    tool_use_id: 'toolu_1',
    tool_name: 'Bash',
    parent_tool_use_id: null,
    elapsed_time_seconds: 3,
    ...task,
  },
  'a.tool_use_summary': { type: 'tool_use_summary', summary: 'Two files', preceding_tool_use_ids: ['toolu_1'] },
  'a.auth_status': { type: 'auth_status', isAuthenticating: true, output: ['Wait'] },
  'a.conversation_reset': { type: 'conversation_reset', new_conversation_id: 'c2', trigger: 'clear' },
  'a.active_goal': { type: 'active_goal', value: { text: 'Ship it' } },
  'a.keep_alive': { type: 'keep_alive' },
  'a.rate_limit_event': {
    type: 'rate_limit_event',
    rate_limit_info: { status: 'allowed_warning', resetsAt: 1, rateLimitType: 'five_hour', utilization: 0.9 },
  },
  'a.unknown-message': { type: 'system', subtype: 'of_the_next_year', anything: [1, { two: 3 }] },
  'a.prompt_suggestion': { type: 'prompt_suggestion', suggestion: 'Go on' },
};

export const relayed: Program = {
  name: 'relayed',
  ids: Object.keys(SAID),
  columns: ['official', 'cli'],
  async run({ sdk, scene }) {
    const at = await scene();
    const observations = Object.entries(SAID).map(async ([id, message]) => {
      const isResult = message['type'] === 'result';
      const turn: Step[] = isResult ? [{ say: message }] : [{ say: message }, { say: RESULT }];
      const { options } = standIn(at, { turns: [turn] }, id);
      const { messages, thrown } = await gather(sdk, sdk.query({ prompt: 'Go', options: at.options(options) }));
      const told = messages.filter((one) => isResult || one.type !== 'result');
      return [id, { kinds: messages.map(kindOf), told, thrown }] as const;
    });
    return Object.fromEntries(await Promise.all(observations));
  },
};
