import { ConfigurationError } from '../../errors.ts';
import { isRecord } from '../../helpers/is-record.ts';
import { untilAborted } from '../../helpers/until-aborted.ts';
import type { CanUseTool, PermissionUpdate } from '../../options/permissions.ts';

/** Answers `can_use_tool` by the program's callback. What it throws is thrown: Claude Code takes that for a denial. */
export async function askPermission(
  canUseTool: CanUseTool | undefined,
  request: Readonly<Record<string, unknown>>,
  o: { requestId: string; signal: AbortSignal },
): Promise<object> {
  if (canUseTool === undefined) throw new ConfigurationError('There is no `canUseTool` to ask');
  const { tool_name: toolName, input } = request;
  const toolUseID = text(request['tool_use_id']) ?? '';
  const answer: unknown = await canUseTool(String(toolName), isRecord(input) ? input : {}, {
    ...optionsOf(request),
    signal: o.signal,
    requestId: o.requestId,
    toolUseID,
  });
  // Somebody else answers: nothing is said here until Claude Code asks no longer.
  if (answer === null) return untilAborted(new Promise<never>(() => {}), o.signal);
  if (!isRecord(answer) || (answer['behavior'] !== 'allow' && answer['behavior'] !== 'deny')) {
    throw new ConfigurationError("`canUseTool` must answer { behavior: 'allow' } or { behavior: 'deny', message }");
  }
  const message = answer['behavior'] === 'deny' && typeof answer['message'] !== 'string';
  return { ...answer, toolUseID, ...(message ? { message: 'The user did not allow this call.' } : {}) };
}

/** What the request tells beside the call, by the names that callbacks know. */
function optionsOf(request: Readonly<Record<string, unknown>>): object {
  const known = {
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
    matchedAskRule: askRule(request['matched_ask_rule']),
  };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
}

/** The rule by the names that callbacks know. */
function askRule(rule: unknown): object | undefined {
  if (!isRecord(rule)) return undefined;
  const { tool_name: toolName, rule_content: ruleContent, ...others } = rule;
  return {
    ...others,
    ...(toolName === undefined ? {} : { toolName }),
    ...(ruleContent === undefined ? {} : { ruleContent }),
  };
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
