import { isRecord } from '../is-record.ts';

/** A question that the model asks the person, with answers to choose from. */
export type Question = {
  question: string;
  header: string;
  options: readonly { label: string; description: string; preview: string | undefined }[];
  multiSelect: boolean;
};

/** The questions of a call of AskUserQuestion; undefined for other calls, and for one that this page cannot read. */
export function readQuestions(call: {
  name: string;
  input: Readonly<Record<string, unknown>>;
}): readonly Question[] | undefined {
  const { questions } = call.input;
  if (call.name !== 'AskUserQuestion' || !Array.isArray(questions)) return undefined;
  const read = questions.filter(isRecord).map(readQuestion);
  return read.length > 0 && read.every((question) => question.options.length > 0) ? read : undefined;
}

function readQuestion({ question, header, options, multiSelect }: Record<string, unknown>): Question {
  return {
    question: typeof question === 'string' ? question : '',
    header: typeof header === 'string' ? header : '',
    options: (Array.isArray(options) ? options : []).filter(isRecord).map(({ label, description, preview }) => ({
      label: typeof label === 'string' ? label : '',
      description: typeof description === 'string' ? description : '',
      preview: typeof preview === 'string' ? preview : undefined,
    })),
    multiSelect: multiSelect === true,
  };
}
