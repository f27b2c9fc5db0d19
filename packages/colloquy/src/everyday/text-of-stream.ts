import type { StreamChunk } from '../direct/stream-chunk.ts';
import { ConfigurationError } from '../errors.ts';
import { atBorder } from '../helpers/abort-error.ts';
import { isRecord } from '../helpers/is-record.ts';
import type { SDKMessage } from '../messages.ts';
import { AnswerText } from '../views/answer-text.ts';
import { pullUntil } from '../helpers/pull-until.ts';

/** What text comes in: pieces of it, chunks of a direct client, or the messages of a session. */
export type TextSource = AsyncIterable<string | StreamChunk | SDKMessage>;

/**
 * All text of a stream: of `askStream()`, of `ChatClient.stream()`, or what the model says in the messages of `query()`, where answers
 * that follow each other are paragraphs of their own.
 * ```ts
 * console.log(await collectText(query({ prompt: 'Hello' })));
 * ```
 * @throws what the stream throws; AbortError when the signal aborts
 */
export async function collectText(source: TextSource, o: { signal?: AbortSignal | undefined } = {}): Promise<string> {
  const text = new TextOfStream();
  const pieces: string[] = [];
  try {
    for await (const item of pullUntil(source, o.signal)) pieces.push(text.of(item));
  } catch (error) {
    throw atBorder(error, o.signal);
  }
  return pieces.join('');
}

/** The text that each item of a stream adds. */
export class TextOfStream {
  readonly #answer = new AnswerText();

  /** @throws ConfigurationError for what is no item of such a stream */
  of(item: string | StreamChunk | SDKMessage): string {
    if (typeof item === 'string') return item;
    if (!isRecord(item))
      throw new ConfigurationError(`A stream of text holds ${String(item)}, which is no text, chunk or message`);
    return 'eventType' in item ? (item.textDelta ?? '') : this.#answer.add(item);
  }
}
