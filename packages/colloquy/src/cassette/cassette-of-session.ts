import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigurationError } from '../errors.ts';
import { isRecord } from '../helpers/is-record.ts';
import { makeFolderSync } from '../helpers/make-folder.ts';
import type { Entry, Thread } from '../log/entries.ts';
import { foldHistory } from '../views/fold-history.ts';
import { newHistory, type RequestHistory } from '../views/request-history.ts';
import { requestBody } from '../views/to-model-request.ts';
import { type Cassette, CASSETTE_HEAD, type CassetteExchange, type CassetteResponse, lineOf } from './cassette.ts';
import { type ScrubOptions, Scrubber } from './scrub.ts';

type EntryOf<K extends Entry['kind']> = Entry & { kind: K };
type Event = { type: string; [field: string]: unknown };
type ThreadState = {
  history: RequestHistory;
  segment: EntryOf<'segment'> | undefined;
  open: { exchange: CassetteExchange; blocks: EntryOf<'model_block'>[] } | undefined;
};

/**
 * Makes a cassette of a session that was held before, from the entries of its log (`GET /v1/sessions/{id}/log` of a server, oldest first
 * and all of them): the requests as they were made, and the answers as they are kept. It replays with the same prompts and tools. Not
 * in a log, and so not in the cassette, are token counts and what tools have asked a model on their own account. Pure.
 * @throws ConfigurationError when an entry is missing, or is none
 */
export function cassetteOfSession(entries: readonly unknown[], o: ScrubOptions = {}): Cassette {
  const scrubber = new Scrubber(o);
  const threads = new Map<Thread, ThreadState>();
  const exchanges: CassetteExchange[] = [];
  for (const entry of checkedEntries(entries)) {
    const state = threads.get(entry.thread) ?? {
      history: newHistory(entry.thread),
      segment: undefined,
      open: undefined,
    };
    threads.set(entry.thread, state);
    foldHistory(state.history, entry);
    if (entry.kind === 'segment') state.segment = entry;
    if (entry.kind === 'model_request') {
      const exchange = exchangeOf(entry, state);
      state.open = { exchange, blocks: [] };
      exchanges.push(exchange);
    }
    if (entry.kind === 'model_block') state.open?.blocks.push(entry);
    if (entry.kind !== 'model_response' && entry.kind !== 'model_error') continue;
    if (state.open === undefined) continue;
    state.open.exchange.response = entry.kind === 'model_response' ? answered(entry, state.open.blocks) : failed(entry);
    state.open = undefined;
  }
  return { exchanges: exchanges.map((exchange) => clean(exchange, scrubber)) };
}

/** What a server has given is data of somebody else's; of its shape no more is checked than which entry it is. */
function checkedEntries(entries: readonly unknown[]): readonly Entry[] {
  for (const [index, entry] of entries.entries()) {
    if (isRecord(entry) && entry['v'] === 1 && entry['seq'] === index + 1 && typeof entry['kind'] === 'string')
      continue;
    throw new ConfigurationError(
      `The entries of a session's log must be given from the first on, without a gap; number ${index + 1} is not there`,
    );
  }
  // As just checked.
  return entries as readonly Entry[];
}

/** Writes a cassette to a file. @throws an error of the file system */
export function saveCassette({ exchanges }: Cassette, path: string): void {
  makeFolderSync(dirname(path));
  const lines = exchanges.map((exchange, index) => lineOf(index + 1, exchange));
  writeFileSync(path, CASSETTE_HEAD + lines.join(''), { mode: 0o600 });
}

function exchangeOf({ maxTokens }: EntryOf<'model_request'>, { history, segment }: ThreadState): CassetteExchange {
  const head = {
    model: segment?.model ?? '',
    maxTokens,
    system: (segment?.system ?? []).map((block) => JSON.stringify(block)),
    tools: (segment?.tools ?? []).map((tool) => JSON.stringify(tool)),
    extras: {},
  };
  const request: unknown = JSON.parse(requestBody(history, head, 'stream', { marks: false }));
  // Until its end is found: the process may have ended first.
  return { method: 'POST', path: '/v1/messages', request, response: { failed: 'left' } };
}

function answered(entry: EntryOf<'model_response'>, blocks: readonly EntryOf<'model_block'>[]): CassetteResponse {
  const start = blocks.find((block) => block.start !== undefined)?.start;
  const isLeft = entry.aborted === true;
  const message = { id: entry.messageId, type: 'message', role: 'assistant', model: start?.model ?? '', content: [] };
  const { stopReason: stop_reason, stopDetails } = entry;
  const details = stopDetails === null || stopDetails === undefined ? {} : { stop_details: stopDetails };
  const events: Event[] = [
    {
      type: 'message_start',
      message: { ...message, stop_reason: null, stop_sequence: null, usage: start?.usage ?? entry.usage },
    },
    ...blocks.flatMap(eventsOfBlock),
    // Of an answer that was left the end is not known.
    ...(isLeft
      ? []
      : [{ type: 'message_delta', delta: { stop_reason, ...details }, usage: entry.usage }, { type: 'message_stop' }]),
  ];
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    body: events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''),
    end: isLeft ? 'left' : 'whole',
  };
}

/** A block, its text in one piece. */
function eventsOfBlock({ index, block, cut }: EntryOf<'model_block'>): Event[] {
  const stop = cut === true ? [] : [{ type: 'content_block_stop', index }];
  if (!isRecord(block) || block['type'] !== 'text')
    return [{ type: 'content_block_start', index, content_block: block }, ...stop];
  const delta = { type: 'text_delta', text: block['text'] };
  return [
    { type: 'content_block_start', index, content_block: { ...block, text: '' } },
    { type: 'content_block_delta', index, delta },
    ...stop,
  ];
}

/** The API's types of errors, by what messages call them. */
const TYPES: Record<string, string> = {
  authentication_failed: 'authentication_error',
  billing_error: 'billing_error',
  rate_limit: 'rate_limit_error',
  overloaded: 'overloaded_error',
  invalid_request: 'invalid_request_error',
  model_not_found: 'not_found_error',
};

function failed({ error, next }: EntryOf<'model_error'>): CassetteResponse {
  const facts = isRecord(error) ? error : {};
  if (next === 'owner_lost') return { failed: 'left' };
  const message = typeof facts['message'] === 'string' ? facts['message'] : 'It failed';
  if (typeof facts['status'] !== 'number') return { failed: { name: 'APIConnectionError', message } };
  const body = { type: 'error', error: { type: TYPES[String(facts['error'])] ?? 'api_error', message } };
  return {
    status: facts['status'],
    headers: { 'content-type': 'application/json', 'retry-after': '0' },
    body: JSON.stringify(body),
    end: 'whole',
  };
}

function clean({ request, response, ...rest }: CassetteExchange, scrubber: Scrubber): CassetteExchange {
  const asked = { ...rest, request: scrubber.clean(request) };
  if ('failed' in response) return { ...asked, response };
  const body = scrubber.bodyOut(response.body, response.headers['content-type'] ?? '');
  return { ...asked, response: { ...response, body } };
}
