import { APIError } from '../errors.ts';
import { ChatClient, type ChatClientOptions } from './chat-client.ts';
import type { ChatPrompt, RequestOptions } from './request-options.ts';

/** Options of a client and of its one call. */
export type AskOptions<T = unknown> = Omit<ChatClientOptions, 'outputSchema'> &
  Pick<RequestOptions<T>, 'outputSchema'> & { signal?: AbortSignal | undefined };

/**
 * One question to the model, without history and tools: resolves with the text of its answer, or with what it says when
 * `outputSchema` gives it a form.
 * @throws as `ChatClient.chat`; APIError of type `refusal` when the model declines to answer
 */
export function ask<T>(
  prompt: ChatPrompt,
  options: AskOptions<T> & { outputSchema: NonNullable<RequestOptions<T>['outputSchema']> },
): Promise<T>;
export function ask(prompt: ChatPrompt, options?: AskOptions): Promise<string>;
export async function ask<T>(prompt: ChatPrompt, options: AskOptions<T> = {}): Promise<T | string> {
  const { signal, outputSchema, ...rest } = options;
  await using client = new ChatClient(rest);
  const answer = await client.chat<T>(prompt, { signal, outputSchema });
  if (answer.stopReason === 'refusal') {
    const { requestId, message } = answer;
    const why = message.stop_details?.explanation ?? 'it gave no reason';
    throw new APIError(`The model declined to answer: ${why}`, { type: 'refusal', requestId });
  }
  return outputSchema === undefined ? answer.text : answer.output;
}
