import type { CanUseTool, PermissionResult, PermissionUpdate } from 'colloquy';
import { askQuestions } from './model-questions.ts';
import { oneLine, plainText } from './plain-text.ts';

const MAX_ATTEMPTS = 3;
const MAX_QUESTION_CHARS = 4000;

/** Puts a question to the person; `undefined` when they are gone or the signal fired. */
export type AskPerson = (question: string, signal: AbortSignal) => Promise<string | undefined>;

/** A `canUseTool` that asks the person, one question at a time. What is not clearly allowed is denied. */
export function askForPermission(ask: AskPerson): CanUseTool {
  let last: Promise<unknown> = Promise.resolve();
  return (toolName, input, context) => {
    const answer = last.then(() => decide(ask, toolName, input, context));
    last = answer.catch(() => undefined);
    return answer;
  };
}

type Context = Parameters<CanUseTool>[2];

async function decide(
  ask: AskPerson,
  toolName: string,
  input: Record<string, unknown>,
  context: Context,
): Promise<PermissionResult> {
  if (toolName === 'AskUserQuestion') return askQuestions(ask, input, context.signal);
  const rules = describeUpdates(context.suggestions ?? []);
  const where = lasts(context.suggestions ?? []) ? 'in this folder' : 'in this session';
  const choices = rules === '' ? '[y]es, [n]o: ' : `[y]es, [a]lways ${where} (${rules}), [n]o: `;
  const reason = context.decisionReason === undefined ? '' : `  (${oneLine(context.decisionReason, 200)})\n`;
  const question = `\n? ${describeCall(toolName, input)}\n${reason}  ${choices}`;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const answer = (await ask(attempt === 1 ? question : `  ${choices}`, context.signal))?.trim().toLowerCase();
    if (answer === undefined) return { behavior: 'deny', message: 'Nobody answered the permission question.' };
    if (answer === 'y' || answer === 'yes') return { behavior: 'allow' };
    if (answer === 'n' || answer === 'no') return { behavior: 'deny', message: 'The person said no to this call.' };
    if (rules !== '' && (answer === 'a' || answer === 'always')) {
      return { behavior: 'allow', updatedPermissions: context.suggestions };
    }
  }
  return { behavior: 'deny', message: 'The person did not say yes to this call.' };
}

// The whole input is shown, each part on its own line: a command that is cut or folded could hide what it does.
function describeCall(toolName: string, input: Record<string, unknown>): string {
  const parts = Object.entries(input).map(([key, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `    ${oneLine(key, 80)}: ${plainText(text).replaceAll('\n', '\n      ')}`;
  });
  const whole = [`Allow ${oneLine(toolName, 200)}?`, ...parts].join('\n');
  if (whole.length <= MAX_QUESTION_CHARS) return whole;
  return `${whole.slice(0, MAX_QUESTION_CHARS)}\n    … and ${whole.length - MAX_QUESTION_CHARS} more characters that are not shown`;
}

/** Whether the updates are kept in a file, beyond the session. */
const lasts = (updates: readonly PermissionUpdate[]): boolean =>
  updates.some(({ destination }) => destination !== 'session' && destination !== 'cliArg');

function describeUpdates(updates: readonly PermissionUpdate[]): string {
  const texts = updates.map((update) => {
    if ('rules' in update) {
      return update.rules
        .map((rule) => (rule.ruleContent === undefined ? rule.toolName : `${rule.toolName}(${rule.ruleContent})`))
        .join(', ');
    }
    return 'mode' in update ? `mode ${update.mode}` : `folder ${update.directories.join(', ')}`;
  });
  return oneLine(texts.join('; '), 200);
}
