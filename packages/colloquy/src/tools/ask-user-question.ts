import { type FromSchema, inputParser } from './from-schema.ts';
import type { Tool } from './tool.ts';

const OPTION = {
  type: 'object',
  properties: {
    label: { type: 'string', minLength: 1, description: 'The answer, in a few words.' },
    description: { type: 'string', description: 'What choosing it means.' },
    preview: { type: 'string', description: 'What it would look like: text, code, a sketch.' },
  },
  required: ['label', 'description'],
  additionalProperties: false,
} as const;

const QUESTIONS = {
  type: 'array',
  minItems: 1,
  maxItems: 4,
  description: 'What to ask; the person sees them all at once.',
  items: {
    type: 'object',
    properties: {
      question: { type: 'string', minLength: 1, description: 'The whole question.' },
      header: { type: 'string', minLength: 1, description: 'One or two words that name it.' },
      options: { type: 'array', minItems: 2, maxItems: 4, items: OPTION },
      multiSelect: { type: 'boolean', description: 'Several options may be chosen.' },
    },
    required: ['question', 'header', 'options'],
    additionalProperties: false,
  },
} as const;

const SCHEMA = {
  type: 'object',
  properties: { questions: QUESTIONS },
  required: ['questions'],
  additionalProperties: false,
} as const;

/** What the model writes, and what the person who is asked adds to it. */
const ANSWERED = {
  ...SCHEMA,
  properties: {
    questions: QUESTIONS,
    /** The label chosen, or words of their own, by question. */
    answers: { type: 'object', additionalProperties: { type: 'string' } },
    annotations: { type: 'object', additionalProperties: true },
    /** In place of answers: anything. */
    response: { type: 'string' },
  },
} as const;

export type AskUserQuestionInput = FromSchema<typeof ANSWERED>;
export type AskUserQuestionOutput = {
  questions: AskUserQuestionInput['questions'];
  answers: Record<string, string>;
  response?: string | undefined;
};

/** Asks the person. Whoever is asked for permission answers: `updatedInput.answers` holds a label for each question. */
export const askUserQuestionTool: Tool<AskUserQuestionInput, AskUserQuestionOutput> = {
  name: 'AskUserQuestion',
  description: [
    'Asks the person one to four questions, each with two to four answers to choose from; they may also answer in their own words.',
    'Use it where the answer changes what you do, and neither the conversation nor the files hold it. Put the answer that you would choose first, and say so in its label.',
  ].join('\n'),
  inputSchema: SCHEMA,
  effect: 'read',
  needsPerson: true,
  parse: inputParser(ANSWERED),
  target: () => ({}),
  run: async ({ questions, answers = {}, response }) => {
    const asked = questions.map(({ question }) => question);
    const told = asked.filter((question) => answers[question] !== undefined);
    if (told.length === 0 && response === undefined)
      throw new Error(
        'The person let the questions pass without an answer. Go on as you think best, and say what you chose.',
      );
    const lines = asked.map((question) => `${question}\n→ ${answers[question] ?? '[no answer]'}`);
    return {
      content: [...(told.length === 0 ? [] : lines), ...(response === undefined ? [] : [response])].join('\n\n'),
      structured: { questions, answers, ...(response === undefined ? {} : { response }) },
    };
  },
};
