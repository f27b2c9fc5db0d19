import { isRecord } from '../request/messages-request.ts';
import type { PlainReply, Reply } from './reply.ts';

const FIELDS: { readonly [T in PlainReply['type']]: readonly string[] } = {
  message: ['blocks'],
  status: ['status', 'errorType', 'message', 'headers'],
  raw: ['status', 'headers', 'body'],
};

/** Whether it is what the builders make. What is in it is not looked at: the compiler does that. */
export function isPlainReply(value: unknown): value is PlainReply {
  if (!isRecord(value)) return false;
  return Object.entries(FIELDS).some(
    ([type, fields]) => value.type === type && fields.every((field) => field in value),
  );
}

/** The replies of a script, of which one that is none would be found much later. @throws TypeError */
export function demandReplies(replies: readonly Reply[]): readonly Reply[] {
  const at = replies.findIndex((reply) => typeof reply !== 'function' && !isPlainReply(reply));
  if (at === -1) return replies;
  throw new TypeError(`Reply ${at + 1} of the script is none; make it with text('Hi') and the like, or as a function`);
}
