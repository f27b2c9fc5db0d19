import type { MessagesRequest } from '../request/messages-request.ts';
import { sampleValue } from '../schema/sample-value.ts';
import { formatOf } from './answer-format.ts';
import { text } from './builders.ts';
import type { MessageReply } from './reply.ts';

/** What the emulator says in its own words: a value that fits the schema, where the request asks for one, else the text. */
export function ownWords(words: string, request: MessagesRequest): MessageReply {
  const schema = formatOf(request);
  return text(schema === undefined ? words : JSON.stringify(sampleValue(schema)));
}
