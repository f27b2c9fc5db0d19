import { ConfigurationError } from '../../errors.ts';
import { isRecord } from '../../helpers/is-record.ts';
import type { CanUseTool, PermissionUpdate } from '../../options/permissions.ts';

/** Answers `can_use_tool` by the program's callback. What it throws is thrown: Claude Code takes that for a denial. */
export async function askPermission(
  canUseTool: CanUseTool | undefined,
  request: Readonly<Record<string, unknown>>,
  o: { requestId: string; signal: AbortSignal },
): Promise<object> {
  if (canUseTool === undefined) throw new ConfigurationError('There is no `canUseTool` to ask');
  const { tool_name: toolName, input } = request;
  const answer: unknown = await canUseTool(String(toolName), isRecord(input) ? input : {}, {
    ...optionsOf(request, o.requestId),
    signal: o.signal,
    toolUseID: text(request['tool_use_id']) ?? '',
  });
  if (!isRecord(answer) || (answer['behavior'] !== 'allow' && answer['behavior'] !== 'deny')) {
    throw new ConfigurationError("`canUseTool` must answer { behavior: 'allow' } or { behavior: 'deny', message }");
  }
  return answer['behavior'] === 'deny' && typeof answer['message'] !== 'string'
    ? { ...answer, message: 'The user did not allow this call.' }
    : answer;
}

/** What the request tells beside the call, by the names that callbacks know. */
function optionsOf(request: Readonly<Record<string, unknown>>, requestId: string): object {
  const known = {
    requestId,
    // As the protocol has it; it is given back as it came.
    suggestions: request['permission_suggestions'] as PermissionUpdate[] | undefined,
    blockedPath: text(request['blocked_path']),
    mcpServer: request['mcp_server'],
    decisionReason: text(request['decision_reason']),
    title: text(request['title']),
    displayName: text(request['display_name']),
    description: text(request['description']),
    defaultToNo: request['default_to_no'],
    suppressAlwaysAllowRule: request['suppress_always_allow_rule'],
    agentID: text(request['agent_id']),
    matchedAskRule: request['matched_ask_rule'],
  };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
