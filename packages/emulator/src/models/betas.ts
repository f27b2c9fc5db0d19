// What `anthropic-beta` may name, as of 2026-11-20.

/** The list of the official client library, version 1.10.0; those that the fact sheet names are among them. */
const DOCUMENTED = [
  'admin-user-sign-out-2026-10-08',
  'advisor-tool-2026-03-01',
  'agent-memory-2026-07-22',
  'analytics-usage-cost-2026-08-24',
  'cache-diagnosis-2026-04-07',
  'ce-plugins-2026-09-01',
  'ce-user-management-2026-07-13',
  'code-execution-2025-05-22',
  'compact-2026-01-12',
  'compact-2026-09-04',
  'computer-use-2024-10-22',
  'computer-use-2025-01-24',
  'computer-use-2025-11-24',
  'context-1m-2025-08-07',
  'context-management-2025-06-27',
  'dev-full-thinking-2025-05-14',
  'dreaming-2026-04-21',
  'experimental-claude-tag-2026-10-21',
  'extended-cache-ttl-2025-04-11',
  'fallback-credit-2026-06-01',
  'fallback-credit-2026-07-01',
  'fast-mode-2026-02-01',
  'files-api-2025-04-14',
  'inline-tools-2026-09-15',
  'interleaved-thinking-2025-05-14',
  'managed-agents-2026-04-01',
  'mcp-client-2025-04-04',
  'mcp-client-2025-11-20',
  'mcp-client-2026-09-15',
  'mcp-tunnels-2026-06-22',
  'message-batches-2024-09-24',
  'message-threads-2026-08-12',
  'mid-conversation-output-config-2026-07-01',
  'mid-conversation-system-clear-at-2026-08-21',
  'mid-conversation-tool-changes-2026-07-01',
  'model-context-window-exceeded-2025-08-26',
  'output-128k-2025-02-19',
  'output-300k-2026-03-24',
  'pdfs-2024-09-25',
  'prompt-caching-2024-07-31',
  'server-side-fallback-2026-06-01',
  'server-side-fallback-2026-07-01',
  'skills-2025-10-02',
  'spend-limit-reads-2026-09-26',
  'structured-outputs-2025-11-13',
  'task-budgets-2026-03-13',
  'telemetry-destinations-2026-08-11',
  'thinking-binding-controls-2026-08-01',
  'thinking-display-updates-2026-08-18',
  'thinking-token-count-2026-05-13',
  'token-counting-2024-11-01',
  'token-efficient-tools-2025-02-19',
  'user-profiles-2026-03-24',
  'user-profiles-2026-08-18',
  'user-profiles-2026-09-04',
  'user-profiles-billing-2026-10-01',
  'webhooks-2026-10-07',
];

/**
 * What Claude Code 2.1.328 names besides: read off the headers of its requests to an emulator, with a key and with a
 * subscription's token, by `script/run node conformance/record-betas.ts`.
 */
const CLAUDE_CODE = [
  'advanced-tool-use-2025-11-20',
  'claude-code-20250219',
  'effort-2025-11-24',
  'oauth-2025-04-20',
  'per-turn-control-2026-07-01',
];

/** Every beta that a request may name; any other is refused. */
export const BETAS: ReadonlySet<string> = new Set([...DOCUMENTED, ...CLAUDE_CODE]);

/** Fields of a request's body that only these betas bring. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  billing_policy: ['user-profiles-billing-2026-10-01'],
  compaction: ['compact-2026-09-04'],
  context_management: ['context-management-2025-06-27', 'compact-2026-01-12'],
  fallback_credit_token: ['fallback-credit-2026-06-01', 'fallback-credit-2026-07-01'],
  fallbacks: ['server-side-fallback-2026-06-01', 'server-side-fallback-2026-07-01'],
  mcp_servers: ['mcp-client-2025-04-04', 'mcp-client-2025-11-20', 'mcp-client-2026-09-15'],
  output_format: ['structured-outputs-2025-11-13'],
  thread: ['message-threads-2026-08-12'],
};

/** Fields that say how to answer, not what to answer to. */
const NOT_COUNTED = ['fallback_credit_token', 'fallbacks', 'thread'];

/** Whether a field of the body is one that the request's betas bring. */
export function isBetaField(name: string, o: { betas: readonly string[]; endpoint: string }): boolean {
  if (!Object.hasOwn(FIELDS, name) || (o.endpoint === 'count_tokens' && NOT_COUNTED.includes(name))) return false;
  return o.betas.some((beta) => FIELDS[name]?.includes(beta) === true);
}
