import type { PermissionResult } from 'colloquy';
import { isRecord } from './is-record.ts';
import type { AskPerson } from './permission-questions.ts';
import { oneLine, plainText } from './plain-text.ts';

const LABEL_CHARS = 200;

type Question = { question: string; options: { label: string; description: string }[]; multiSelect: boolean };

/**
 * Asks the questions of a call of AskUserQuestion one by one: a number chooses, several with commas between them where that is
 * allowed, anything else is an answer in words, and nothing passes the question over.
 */
export async function askQuestions(
  ask: AskPerson,
  input: Record<string, unknown>,
  signal: AbortSignal,
): Promise<PermissionResult> {
  const answers: Record<string, string> = {};
  for (const question of readQuestions(input['questions'])) {
    const line = await ask(questionText(question), signal);
    if (line === undefined) return { behavior: 'deny', message: 'Nobody answered the questions.' };
    const answer = toAnswer(question, line.trim());
    if (answer !== '') answers[question.question] = answer;
  }
  return { behavior: 'allow', updatedInput: { ...input, answers } };
}

function readQuestions(given: unknown): Question[] {
  return (Array.isArray(given) ? given : []).filter(isRecord).map(({ question, options, multiSelect }) => ({
    question: text(question),
    options: (Array.isArray(options) ? options : [])
      .filter(isRecord)
      .map(({ label, description }) => ({ label: text(label), description: text(description) })),
    multiSelect: multiSelect === true,
  }));
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function questionText({ question, options, multiSelect }: Question): string {
  const lines = options.map(({ label, description }, index) => {
    const about = description === '' ? '' : `  ${oneLine(description, LABEL_CHARS)}`;
    return `    ${index + 1}) ${oneLine(label, LABEL_CHARS)}${about}`;
  });
  const how = multiSelect ? 'Numbers with commas, or your own answer' : 'A number, or your own answer';
  return [`\n? ${plainText(question).replaceAll('\n', '\n  ')}`, ...lines, `  ${how}: `].join('\n');
}

function toAnswer({ options, multiSelect }: Question, line: string): string {
  const parts = multiSelect ? line.split(',').map((part) => part.trim()) : [line];
  const chosen = parts.map((part) => (/^\d{1,2}$/.test(part) ? options[Number(part) - 1]?.label : undefined));
  return chosen.every((label) => label !== undefined) ? chosen.join(', ') : line;
}
