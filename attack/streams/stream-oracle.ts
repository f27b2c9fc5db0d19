// Reads streams in another way than Colloquy does: whole bodies, at leisure, leniently. It says what a client might run at most.

type Data = Record<string, unknown>;

/** Tool inputs that came whole, from all bodies that were delivered. */
export class StreamOracle {
  readonly #inputs = new Map<string, unknown[]>();

  /** Takes a body as it was delivered. */
  read(body: Uint8Array): void {
    const all = dataOf(body);
    const end = all.findIndex(({ type }) => type === 'message_stop');
    // Without its end an answer may not be acted upon at all.
    if (end === -1) return;
    const events = all.slice(0, end);
    const reasons = events.flatMap(({ type, delta }) =>
      type === 'message_delta' ? [record(delta)['stop_reason']] : [],
    );
    const reason = reasons.findLast((told) => typeof told === 'string');
    if (reason === 'refusal') return;
    const isCut = reason === 'max_tokens' || reason === 'model_context_window_exceeded';
    const lastIndex = events.findLast(({ type }) => type === 'content_block_start')?.['index'];
    const calls = callsIn(events);
    for (const { id, index, json, input } of calls) {
      if (isCut && index === lastIndex) continue;
      const value = json === '' ? input : parsed(json);
      if (value !== undefined) this.#inputs.set(id, [...(this.#inputs.get(id) ?? []), value]);
    }
  }

  /** The inputs that came whole under this id; none means that nothing may run. */
  inputsOf(id: string): readonly unknown[] {
    return this.#inputs.get(id) ?? [];
  }
}

type Call = { id: string; index: number; json: string; input: unknown };

/** Tool uses that began and ended. */
function callsIn(events: readonly Data[]): Call[] {
  const open = new Map<unknown, Call>();
  const ended: Call[] = [];
  for (const { type, index, content_block, delta } of events) {
    const block = record(content_block);
    const call = open.get(index);
    if (type === 'content_block_start' && block['type'] === 'tool_use')
      open.set(index, { id: String(block['id']), index: Number(index), json: '', input: block['input'] ?? {} });
    else if (type === 'content_block_stop' && call !== undefined) {
      ended.push(call);
      open.delete(index);
    } else if (call !== undefined) {
      // Whatever an event or a delta calls itself: a piece that came belongs to the input.
      const piece = record(delta)['partial_json'];
      if (typeof piece === 'string') call.json += piece;
    }
  }
  return ended;
}

function dataOf(body: Uint8Array): Data[] {
  const text = new TextDecoder('utf-8').decode(body);
  const events: Data[] = [];
  let data: string[] = [];
  // What follows the last blank line was never finished.
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
    if (line !== '' || data.length === 0) continue;
    const value = parsed(data.join('\n'));
    if (value !== undefined) events.push(record(value));
    data = [];
  }
  return events;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

function record(value: unknown): Data {
  return typeof value === 'object' && value !== null ? (value as Data) : {};
}
