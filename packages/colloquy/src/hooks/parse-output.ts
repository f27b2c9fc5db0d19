import type { HookEvent } from '../options/hook-inputs.ts';
import { OutputReader } from './output-reader.ts';

export type HookBehavior = 'allow' | 'ask' | 'defer' | 'deny';

/** A PermissionRequest hook's word. */
export type HookVerdict =
  | { behavior: 'allow'; updatedInput: Record<string, unknown> | undefined; updatedPermissions: unknown[] }
  | { behavior: 'deny'; message: string; interrupt: boolean };

/** A hook's answer, with everything unusable taken out. */
export type ParsedOutput = {
  continue: boolean;
  stopReason?: string | undefined;
  systemMessage?: string | undefined;
  permission?: { behavior: HookBehavior; reason: string | undefined } | undefined;
  updatedInput?: Record<string, unknown> | undefined;
  additionalContext?: string | undefined;
  block?: string | undefined;
  /** The value may be anything. */
  updatedToolOutput?: { value: unknown } | undefined;
  updatedMCPToolOutput?: { value: unknown } | undefined;
  verdict?: HookVerdict | undefined;
  retry?: boolean | undefined;
  sessionTitle?: string | undefined;
  initialUserMessage?: string | undefined;
  suppressOriginalPrompt?: boolean | undefined;
  watchPaths?: string[] | undefined;
  /** What was wrong with it, each to be put after the hook's name. */
  problems: string[];
};

/** Events on which a block has an effect of its own; of others, what the hook says is told to people. */
const CAN_BLOCK: ReadonlySet<HookEvent> = new Set([
  'PostToolUse',
  'PostToolUseFailure',
  'PostToolBatch',
  'UserPromptSubmit',
  'Stop',
  'SubagentStop',
  'TaskCreated',
  'TaskCompleted',
]);

/**
 * Reads what a hook answered. By hand, because hooks run before the first answer and loading zod would delay it. What cannot be
 * understood is a problem and has no effect, except that a PreToolUse answer whose decision or changed input cannot be
 * understood asks: the hook wanted something, and not plainly that the call runs as it is.
 */
export function parseOutput(event: HookEvent, value: unknown): ParsedOutput {
  const reader = new OutputReader(value);
  const { answer, problems } = reader;
  // Somebody else goes on with it: nothing is said yet.
  if (answer['async'] === true) return { continue: true, problems };
  const specific = reader.specific(event);
  const reason = reader.text(answer, 'reason');
  const isBlocked = reader.choice(answer, 'decision', ['approve', 'block']);
  return {
    continue: reader.flag(answer, 'continue') ?? true,
    stopReason: reader.text(answer, 'stopReason'),
    systemMessage: reader.text(answer, 'systemMessage'),
    additionalContext: reader.text(specific, 'additionalContext'),
    ...blocked(event, isBlocked === 'block', reason),
    ...ofEvent(reader, event, specific, isBlocked, reason),
    problems,
  };
}

function blocked(event: HookEvent, isBlocked: boolean, reason: string | undefined): Partial<ParsedOutput> {
  if (!isBlocked) return {};
  if (CAN_BLOCK.has(event)) return { block: reason ?? `A ${event} hook blocked this without giving a reason.` };
  return OWN_DECISIONS.has(event) || reason === undefined ? {} : { systemMessage: reason };
}

/** Events that make of a block a decision of their own. */
const OWN_DECISIONS: ReadonlySet<HookEvent> = new Set(['PreToolUse', 'PermissionRequest', 'PreModelSwitch']);

type Part = OutputReader['answer'];
type Decision = 'approve' | 'block' | undefined;

function ofEvent(
  reader: OutputReader,
  event: HookEvent,
  specific: Part,
  decision: Decision,
  reason: string | undefined,
): Partial<ParsedOutput> {
  switch (event) {
    case 'PreToolUse':
      return toolPermission(reader, specific, decision, reason);
    case 'PreModelSwitch':
      return modelPermission(reader, specific, decision, reason);
    case 'PermissionRequest':
      return { verdict: verdictOf(reader, specific, decision, reason) };
    case 'PermissionDenied':
      return { retry: reader.flag(specific, 'retry') };
    case 'PostToolUse':
      return {
        updatedToolOutput: reader.json(specific, 'updatedToolOutput'),
        updatedMCPToolOutput: reader.json(specific, 'updatedMCPToolOutput'),
      };
    case 'UserPromptSubmit':
      return {
        sessionTitle: reader.text(specific, 'sessionTitle'),
        suppressOriginalPrompt: reader.flag(specific, 'suppressOriginalPrompt'),
      };
    case 'SessionStart':
      return {
        sessionTitle: reader.text(specific, 'sessionTitle'),
        initialUserMessage: reader.text(specific, 'initialUserMessage'),
        watchPaths: reader.texts(specific, 'watchPaths'),
      };
    case 'CwdChanged':
    case 'FileChanged':
      return { watchPaths: reader.texts(specific, 'watchPaths') };
    default:
      return {};
  }
}

function toolPermission(
  reader: OutputReader,
  specific: Part,
  decision: Decision,
  reason: string | undefined,
): Pick<ParsedOutput, 'permission' | 'updatedInput'> {
  const before = reader.problems.length;
  const behavior = reader.choice(specific, 'permissionDecision', ['allow', 'ask', 'defer', 'deny']) ?? older(decision);
  const updatedInput = reader.record(specific, 'updatedInput');
  const isClear = reader.problems.length === before && !reader.hasMisplacedDecision;
  const why = reader.text(specific, 'permissionDecisionReason') ?? reason;
  if (isClear || behavior === 'deny')
    return { permission: behavior === undefined ? undefined : { behavior, reason: why }, updatedInput };
  return {
    permission: { behavior: 'ask', reason: 'A PreToolUse hook gave an answer that could not be understood.' },
    updatedInput,
  };
}

function modelPermission(
  reader: OutputReader,
  specific: Part,
  decision: Decision,
  reason: string | undefined,
): Pick<ParsedOutput, 'permission'> {
  const behavior = reader.choice(specific, 'permissionDecision', ['allow', 'ask', 'deny']) ?? older(decision);
  const why = reader.text(specific, 'permissionDecisionReason') ?? reason;
  return { permission: behavior === undefined ? undefined : { behavior, reason: why } };
}

const older = (decision: Decision): 'deny' | 'allow' | undefined =>
  decision === undefined ? undefined : decision === 'block' ? 'deny' : 'allow';

function verdictOf(
  reader: OutputReader,
  specific: Part,
  legacy: Decision,
  reason: string | undefined,
): HookVerdict | undefined {
  const denied = (message = reason, interrupt = false): HookVerdict => ({
    behavior: 'deny',
    message: message ?? 'A PermissionRequest hook denied the call.',
    interrupt,
  });
  const before = reader.problems.length;
  const decision = reader.part(specific, 'decision');
  if (decision === undefined) return legacy === 'block' ? denied() : undefined;
  const behavior = reader.choice(decision, 'behavior', ['allow', 'deny']);
  if (behavior === 'deny') return denied(reader.text(decision, 'message'), reader.flag(decision, 'interrupt'));
  const updatedInput = reader.record(decision, 'updatedInput');
  const updates = reader.json(decision, 'updatedPermissions')?.value ?? [];
  // What is not plainly an allow is none: whoever else can be asked decides.
  if (behavior !== 'allow' || reader.problems.length > before) return undefined;
  return { behavior, updatedInput, updatedPermissions: Array.isArray(updates) ? updates : [updates] };
}
