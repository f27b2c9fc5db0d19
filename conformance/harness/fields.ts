const EVERY = ['type', 'subtype', 'uuid', 'session_id'];
const SUBAGENT = ['agent_id', 'subagent_type', 'task_description'];

/** The documented fields of messages (docs/internals/facts/agent-protocol.md, a), without those of the clock. */
export const FIELDS = {
  assistant: [
    ...EVERY,
    'message',
    'parent_tool_use_id',
    'error',
    'request_id',
    'timestamp',
    'aborted',
    'supersedes',
    ...SUBAGENT,
  ],
  user: [...EVERY, 'message', 'parent_tool_use_id', 'isSynthetic', 'tool_use_result', 'timestamp', ...SUBAGENT],
  result: [
    ...EVERY,
    'is_error',
    'api_error_status',
    'num_turns',
    'result',
    'stop_reason',
    'total_cost_usd',
    'usage',
    'modelUsage',
    'permission_denials',
    'queued_turn_count',
    'structured_output',
    'deferred_tool_use',
    'terminal_reason',
    'origin',
    'local_command',
    'errors',
  ],
  init: [
    ...EVERY,
    'apiKeySource',
    'claude_code_version',
    'cwd',
    'tools',
    'mcp_servers',
    'model',
    'permissionMode',
    'output_style',
  ],
} as const;
