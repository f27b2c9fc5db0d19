import { APIConnectionError, APIError, type ColloquyError, SessionBusyError } from '../../errors.ts';
import { delay } from '../../helpers/delay.ts';
import { isRecord } from '../../helpers/is-record.ts';
import { messageOf } from '../../helpers/message-of.ts';
import type { SDKMessage } from '../../messages.ts';
import { messageOfSignal } from '../../views/signal-message.ts';
import { isAfter, parsePlace, type Place } from './place.ts';
import { type Frame, readFrames } from './read-frames.ts';
import { ForeignAnswerError, mayPass, retryDelayMs, type ServerClient } from './server-client.ts';

/** Connections in a row that bring nothing new, after which the server counts as lost: half a minute, with the waits between them. */
const MAX_FAILURES = 12;
/** A connection that has lived so long was a good one, even if nothing was said on it. */
const GOOD_AFTER_MS = 10_000;

/** A message of the stream. Signals have no place: they are told once, to those who listen. */
export type Told = { id: string | undefined; chars: number; message: SDKMessage };

export type FollowOptions = {
  session: string;
  /** The id of the last frame that was told. */
  after: string;
  /** With `stream_event` messages. */
  partial: boolean;
  /** The caller iterates at its own pace, and is waited for. Else it takes all as it comes. */
  isPaced: boolean;
  signal: AbortSignal;
  /** Called whenever a connection has been opened. Must not throw. */
  onConnected?: (() => void) | undefined;
};

/**
 * The messages of a session after a place, each once, over as many connections as it takes: a lost one is opened again behind the
 * last frame that was whole. Ends with the signal.
 * @throws SessionNotFoundError once the session is gone, APIError for a credential that is refused, APIConnectionError or the last
 * answer's error when the server stays lost
 */
export async function* followMessages(
  client: ServerClient,
  o: FollowOptions,
): AsyncGenerator<readonly Told[], void, void> {
  const reader = new PlacedReader(o.after);
  for (let failures = 0; ;) {
    const openedAt = Date.now();
    let error: unknown;
    let isNews = false;
    try {
      for await (const frames of await connect(client, reader.id, o)) {
        const told = frames.flatMap((frame) => reader.take(frame));
        if (told.length === 0) continue;
        isNews = true;
        yield told;
      }
    } catch (caught) {
      if (o.signal.aborted) return;
      if (!isWorthComingBack(caught)) throw caught;
      error = caught;
    }
    if (o.signal.aborted) return;
    failures = isNews || Date.now() - openedAt > GOOD_AFTER_MS ? 0 : failures + 1;
    if (failures > MAX_FAILURES) throw lost(error);
    if (failures > 0) await delay(retryDelayMs(failures, error), { signal: o.signal }).catch(() => {});
  }
}

async function connect(
  client: ServerClient,
  after: string,
  { session, partial, isPaced, signal, onConnected }: FollowOptions,
): Promise<AsyncIterable<readonly Frame[]>> {
  const path = `/v1/sessions/${session}/messages/stream?after=${after}${partial ? '' : '&partial=false'}`;
  const overHttp = async (until: AbortSignal): Promise<AsyncIterable<readonly Frame[]>> =>
    readFrames(await client.stream(path, { session, signal: until }));
  const sockets = isPaced ? undefined : client.sockets;
  const frames = await (sockets === undefined ? overHttp(signal) : sockets(path, signal, overHttp));
  onConnected?.();
  return frames;
}

/** While a session is read, a server that is being started anew may answer strangely for a moment. */
function isWorthComingBack(error: unknown): boolean {
  return mayPass(error) || error instanceof ForeignAnswerError || error instanceof SessionBusyError;
}

function lost(error: unknown): ColloquyError {
  if (error instanceof APIError || error instanceof SessionBusyError || error instanceof ForeignAnswerError)
    return error;
  const reason = error === undefined ? 'its streams end at once' : messageOf(error);
  return new APIConnectionError(`The connection to the server is lost, and could not be opened again: ${reason}`, {
    cause: error,
  });
}

/** Keeps the place of a reader, and passes on what it has not been told. */
class PlacedReader {
  id: string;
  #place: Place;

  constructor(after: string) {
    this.id = after;
    this.#place = parsePlace(after) ?? { epoch: 0, seq: 0, frag: 0, part: 0 };
  }

  /** The message of a frame; none for a gap, which tells of lost fragments and whose texts the whole messages bring again. */
  take({ id, event, chars, data }: Frame): readonly Told[] {
    const place = id === undefined ? undefined : parsePlace(id);
    if (id !== undefined && place !== undefined) {
      if (!isAfter(place, this.#place)) return [];
      this.id = id;
      this.#place = place;
    }
    if (event !== 'message' && event !== 'signal') return [];
    const message = messageIn(event, data);
    if (message === undefined) return [];
    return [{ id: place === undefined ? undefined : id, chars, message }];
  }
}

function messageIn(event: string, data: unknown): SDKMessage | undefined {
  if (!isRecord(data)) return undefined;
  if (event === 'signal') return messageOfSignal(data['signal']);
  // What the server tells are messages; kinds that are newer than this program are passed on as they are.
  return typeof data['type'] === 'string' ? (data as SDKMessage) : undefined;
}
