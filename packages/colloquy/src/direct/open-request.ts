import { answerOf, type ChatAnswer } from './chat-answer.ts';
import type { ModelCaller, WholeMessage } from './model-caller.ts';
import type { OutputForm } from './output-form.ts';
import { type RequestFields, requestFields } from './request-fields.ts';
import type { RequestOptions } from './request-options.ts';

/** A request about to be made, and how its answer is read. */
export type OpenedRequest<T> = {
  fields: RequestFields;
  read: (whole: WholeMessage) => Promise<ChatAnswer<T>>;
};

/**
 * Checks what was asked for, and makes ready what it needs.
 * @throws ConfigurationError
 */
export async function openRequest<T>(o: RequestOptions<T>, caller: ModelCaller): Promise<OpenedRequest<T>> {
  const form = await formOf(o);
  const fields = requestFields(o, { apiVersion: caller.apiVersion, env: caller.env, form });
  return {
    fields,
    read: async (whole) => {
      const output = await form?.read(whole.message, whole.requestId);
      // The schema that T stands for has just accepted it; without a schema T is unknown.
      return answerOf(whole, fields.model, output as T);
    },
  };
}

/** The validator (zod) is loaded only for those who ask for a form. */
async function formOf({ outputSchema }: RequestOptions): Promise<OutputForm | undefined> {
  if (outputSchema === undefined) return undefined;
  const { openOutputForm } = await import('./output-form.ts');
  return openOutputForm(outputSchema);
}

/** What `count_tokens` knows of a request besides model, system prompt, tools and messages. */
const COUNTED: ReadonlySet<string> = new Set(['tool_choice', 'thinking', 'output_config', 'cache_control', 'speed']);

export function countedExtras(extras: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(extras).filter(([name]) => COUNTED.has(name)));
}
