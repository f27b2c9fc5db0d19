import type { MessagesRequest } from '../request/messages-request.ts';
import type { PlainReply } from './reply.ts';

/** Which request waits for a stand-in. */
export type Asked = {
  requestId: string;
  /** The client's: aborted, nobody waits any more. */
  signal: AbortSignal | undefined;
};

/**
 * Somebody who answers in place of directives and the simulated assistant, and may take time: the page's person.
 * Contract: resolves with undefined to leave the answer to them; rejects with `signal.reason` once the client has gone; waits
 * for a bounded time.
 */
export type StandIn = (request: MessagesRequest, asked: Asked) => Promise<PlainReply | undefined>;
