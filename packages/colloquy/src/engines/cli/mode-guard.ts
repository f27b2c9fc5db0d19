import type { PermissionModeInput } from '../../options/permissions.ts';
import { explainPermission } from '../explain/explain-permission.ts';

/** Tools of Claude Code that only read, or that touch nothing outside of the session. What is not named here does more. */
const READING: ReadonlySet<string> = new Set([
  'Agent',
  'AskUserQuestion',
  'EnterPlanMode',
  'ExitPlanMode',
  'Glob',
  'Grep',
  'LS',
  'ListAgents',
  'ListMcpResourcesTool',
  'NotebookRead',
  'Read',
  'StructuredOutput',
  'Task',
  'TaskCreate',
  'TaskGet',
  'TaskList',
  'TaskOutput',
  'TaskStop',
  'TaskUpdate',
  'TodoWrite',
  'ToolSearch',
]);

type Verdict = { permissionDecision: 'deny' | 'ask'; permissionDecisionReason: string };

/**
 * What the modes that Claude Code does not know say about a call: `readOnly` denies what does more than read, `strict` has everything
 * asked. Undefined: nothing.
 */
export async function judgeByMode(
  mode: PermissionModeInput,
  call: { tool: string; input: Record<string, unknown>; cwd: string },
): Promise<Verdict | undefined> {
  switch (mode) {
    case 'strict':
      return ask('The mode strict wants every tool call to be asked, whatever the rules allow.');
    case 'readOnly':
      return judgeReading(call);
    default:
      return undefined;
  }
}

async function judgeReading(call: {
  tool: string;
  input: Record<string, unknown>;
  cwd: string;
}): Promise<Verdict | undefined> {
  const { tool, input, cwd } = call;
  if (READING.has(tool)) return undefined;
  if (tool !== 'Bash') return deny(`The mode readOnly denies ${tool}, which does more than read.`);
  // What only reads is judged as in our own loop, inside of a sandbox; Claude Code then decides about it as about every call.
  const question = { tool, input, mode: 'readOnly', cwd, canAsk: false, sandbox: 'working' } as const;
  const { behavior, reason } = await explainPermission(question);
  return behavior === 'allow' ? undefined : deny(reason);
}

const deny = (reason: string): Verdict => ({ permissionDecision: 'deny', permissionDecisionReason: reason });
const ask = (reason: string): Verdict => ({ permissionDecision: 'ask', permissionDecisionReason: reason });
