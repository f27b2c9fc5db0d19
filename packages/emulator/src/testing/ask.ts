import type { Emulator } from '../emulator.ts';
import type { HttpResponse } from '../http-send.ts';
import type { RequestBlock } from '../request/messages-request.ts';

/** An event of a stream, as its data line holds it. */
export type Event = { type: string; [field: string]: unknown };

/** Block fields as tests read them. */
export type Message = {
  id: string;
  content: RequestBlock[];
  stop_reason: string | null;
  usage: Record<string, number>;
  [field: string]: unknown;
};

const HEADERS = { 'content-type': 'application/json', 'anthropic-version': '2026-10-21', authorization: 'Bearer key' };

/** A body that the API accepts, with the fields given put over it. */
export function bodyOf(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return { model: 'claude-opus-5-5', max_tokens: 1000, messages: [{ role: 'user', content: 'Hello' }], ...fields };
}

/** Sends a body, any text or bytes to a path of the emulator. */
export function post(
  emulator: Pick<Emulator, 'send'>,
  body: unknown,
  o: { path?: string; headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<HttpResponse> {
  return emulator.send({
    method: 'POST',
    url: `http://emulator${o.path ?? '/v1/messages'}`,
    headers: { ...HEADERS, ...o.headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
    signal: o.signal,
  });
}

/** Asks for a path, with GET unless told otherwise. */
export function get(
  emulator: Pick<Emulator, 'send'>,
  path: string,
  o: { method?: string; headers?: Record<string, string> } = {},
): Promise<HttpResponse> {
  const headers = { ...HEADERS, ...o.headers };
  return emulator.send({ method: o.method ?? 'GET', url: `http://emulator${path}`, headers });
}

export async function textOfBody(response: HttpResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** The parsed JSON of an answer. */
export async function jsonOfBody<T = Record<string, unknown>>(response: HttpResponse): Promise<T> {
  // Tests say what they expect; a wrong guess fails in their assertions.
  return JSON.parse(await textOfBody(response)) as T;
}

/** Asks without streaming; the answer must be a message. */
export async function ask(emulator: Pick<Emulator, 'send'>, fields: Record<string, unknown> = {}): Promise<Message> {
  const response = await post(emulator, bodyOf(fields));
  if (response.status !== 200) throw new Error(`${response.status}: ${await textOfBody(response)}`);
  return jsonOfBody<Message>(response);
}

/** Asks with streaming and returns the events. */
export async function askStream(
  emulator: Pick<Emulator, 'send'>,
  fields: Record<string, unknown> = {},
): Promise<Event[]> {
  const response = await post(emulator, bodyOf({ stream: true, ...fields }));
  return eventsOf(await textOfBody(response));
}

/** The events of a stream's text; each must be an event line and a data line of the same type. */
export function eventsOf(text: string): Event[] {
  return text
    .split('\n\n')
    .filter((frame) => frame !== '')
    .map((frame) => {
      const [, name, data] = /^event: (\w+)\ndata: (.+)$/.exec(frame) ?? [];
      const event = JSON.parse(data ?? 'null') as Event | null;
      if (event === null || event.type !== name) throw new Error(`Not an event: ${frame}`);
      return event;
    });
}

/** The text that the deltas of a stream make up. */
export function streamedText(events: readonly Event[]): string {
  return events.map(({ delta }) => (isTextDelta(delta) ? delta.text : '')).join('');
}

/** The text of a message's text blocks. */
export function said(message: Pick<Message, 'content'>): string {
  return message.content.map((block) => (typeof block.text === 'string' ? block.text : '')).join('');
}

function isTextDelta(delta: unknown): delta is { text: string } {
  return typeof delta === 'object' && delta !== null && 'text' in delta && typeof delta.text === 'string';
}

/** A prompt, answers with tool calls, and results, as a history to continue. */
export function withResults(
  prompt: string,
  ...rounds: readonly { calls: readonly RequestBlock[]; results: readonly { text: string; isError?: boolean }[] }[]
): unknown[] {
  return [
    { role: 'user', content: prompt },
    ...rounds.flatMap(({ calls, results }) => [
      { role: 'assistant', content: calls },
      {
        role: 'user',
        content: results.map(({ text, isError }, index) => ({
          type: 'tool_result',
          tool_use_id: calls[index]?.id,
          content: text,
          ...(isError ? { is_error: true } : {}),
        })),
      },
    ]),
  ];
}

/** Tools as Colloquy offers them, in both spellings of their names. */
export function tools(style: 'capital' | 'lower' = 'capital'): unknown[] {
  const schema = (...fields: string[]): unknown => ({
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field, { type: 'string' }])),
  });
  const all = {
    Read: schema('file_path'),
    Write: schema('file_path', 'content'),
    Edit: schema('file_path', 'old_string', 'new_string'),
    Glob: schema('pattern', 'path'),
    Grep: schema('pattern', 'path'),
    Bash: schema('command'),
  };
  return Object.entries(all).map(([name, input_schema]) => ({
    name: style === 'capital' ? name : name.toLowerCase(),
    description: name,
    input_schema,
  }));
}
