import type { SessionSummary } from '../src/api/wire.ts';

type Message = Record<string, unknown>;
export type Frame = { cursor: string; seq: number; frag: number; message: Message };

/** A page that reads the stream, in whatever way. */
type Reader = { tell(frame: Frame): void; break(): void };

/** A session that tells what a test makes it tell. Its short verbs write the messages that the real server would. */
export class FakeSession {
  readonly summary: SessionSummary;
  #frames: Frame[] = [];
  readonly #readers = new Set<Reader>();
  #seq = 0;
  #frag = 0;
  #answers = 0;
  #blocks = 0;

  constructor(id: string, title: string | null, updatedAt = new Date().toISOString()) {
    this.summary = {
      id,
      title,
      created_at: updatedAt,
      updated_at: updatedAt,
      running: false,
      cwd: '/home/ada/projects/weather',
      model: 'claude-opus-5-5',
      permission_mode: 'default',
      agent: null,
      archived_at: null,
    };
  }

  /**
   * Tells what has been told behind a cursor, and then what is told. Fragments are kept while their block is open.
   * @returns lets go of the reader
   */
  stream(after: string | undefined, reader: Reader): () => void {
    const [, seq = 0, frag = 0] = (after ?? '0.0.0').split('.').map(Number);
    for (const frame of this.#frames) if (isFragment(frame) ? frame.frag > frag : frame.seq > seq) reader.tell(frame);
    this.#readers.add(reader);
    return () => void this.#readers.delete(reader);
  }

  /** How many pages are reading. */
  get readerCount(): number {
    return this.#readers.size;
  }

  /** As a crash of the server would. */
  breakStreams(): void {
    for (const reader of this.#readers) reader.break();
    this.#readers.clear();
  }

  /** Tells one message to all readers, and to those to come. */
  tell(message: Message): void {
    if (message['type'] === 'stream_event') this.#frag += 1;
    else this.#seq += 1;
    const common = { uuid: crypto.randomUUID(), session_id: this.summary.id, parent_tool_use_id: null };
    const cursor = `1.${this.#seq}.${this.#frag}`;
    const frame = { cursor, seq: this.#seq, frag: this.#frag, message: { ...common, ...message } };
    this.#frames.push(frame);
    for (const reader of this.#readers) reader.tell(frame);
  }

  acceptPrompt(body: Message): { uuid: string; text: string } {
    const uuid = String(body['uuid']);
    // The page sends its prompts as plain text.
    const text = String((body['message'] as { content: unknown }).content);
    this.prompt(text, uuid);
    return { uuid, text };
  }

  prompt(text: string, uuid: string = crypto.randomUUID()): string {
    this.summary.title ??= text;
    const content = [{ type: 'text', text }];
    this.tell({ type: 'user', isReplay: true, uuid, message: { role: 'user', content }, priority: 'later' });
    return uuid;
  }

  /** Opens a turn, for a prompt that has been told. */
  start(uuid?: string): void {
    this.summary.running = true;
    const { model, permission_mode: permissionMode, cwd } = this.summary;
    this.tell({ type: 'system', subtype: 'init', model, permissionMode, cwd, tools: [] });
    if (uuid !== undefined) this.tell({ type: 'command_lifecycle', command_uuid: uuid, state: 'started' });
  }

  /** Begins an answer of the model. */
  answer(): void {
    this.#answers += 1;
    this.#blocks = 0;
    this.#event({ type: 'message_start', message: { id: this.#answerId, content: [] } });
  }

  /** Streams text, piece by piece; `finish` makes a message of it. */
  write(...pieces: string[]): void {
    this.#event({ type: 'content_block_start', index: this.#blocks, content_block: { type: 'text', text: '' } });
    for (const text of pieces) this.more(text);
  }

  more(text: string): void {
    this.#event({ type: 'content_block_delta', index: this.#blocks, delta: { type: 'text_delta', text } });
  }

  finish(text: string, extra: Message = {}): void {
    this.#block({ type: 'text', text }, extra);
  }

  think(thinking: string): void {
    this.#block({ type: 'thinking', thinking, signature: 's' });
  }

  /** Calls a tool. */
  call(id: string, name: string, input: Message): void {
    this.#block({ type: 'tool_use', id, name, input });
  }

  /** A subagent that a call has started uses a tool, and is done with it. */
  step(agentUseId: string, id: string, name: string, input: Message): void {
    const content = [{ type: 'tool_use', id, name, input }];
    this.tell({
      type: 'assistant',
      parent_tool_use_id: agentUseId,
      message: { id: `msg_${id}`, role: 'assistant', content },
    });
  }

  stepResult(agentUseId: string, id: string, isError = false): void {
    const block = { type: 'tool_result', tool_use_id: id, content: '…', is_error: isError };
    const message = { role: 'user', content: [block] };
    this.tell({ type: 'user', parent_tool_use_id: agentUseId, message, tool_use_result: '…' });
  }

  ask(request: number, toolUseId: string, name: string, input: Message, reason = ''): void {
    const ask = { request, tool_use_id: toolUseId, tool_name: name, input, reason, suggestions: [] };
    this.tell({ type: 'system', subtype: 'permission_request', ...ask });
  }

  answered(request: number, toolUseId: string, behavior: 'allow' | 'deny', by: string): void {
    this.tell({ type: 'system', subtype: 'permission_answered', request, tool_use_id: toolUseId, behavior, by });
  }

  result(toolUseId: string, content: string, structured?: unknown, isError = false): void {
    const block = { type: 'tool_result', tool_use_id: toolUseId, content, is_error: isError };
    this.tell({ type: 'user', message: { role: 'user', content: [block] }, tool_use_result: structured });
  }

  end(extra: Message = {}): void {
    this.summary.running = false;
    this.summary.updated_at = new Date().toISOString();
    this.tell({
      type: 'result',
      subtype: 'success',
      is_error: false,
      duration_ms: 2_400,
      duration_api_ms: 2_000,
      num_turns: 1,
      total_cost_usd: 0.0132,
      result: '',
      modelUsage: { 'claude-opus-5-5': { costBasis: 'list' } },
      permission_denials: [],
      ...extra,
    });
  }

  get #answerId(): string {
    return `msg_${this.#answers}`;
  }

  #event(event: Message): void {
    this.tell({ type: 'stream_event', event, api_message_id: this.#answerId });
  }

  #block(content: Message, extra: Message = {}): void {
    this.#blocks += 1;
    this.#frames = this.#frames.filter((frame) => !isFragment(frame));
    this.tell({ type: 'assistant', message: { id: this.#answerId, role: 'assistant', content: [content] }, ...extra });
  }
}

const isFragment = (frame: Frame): boolean => frame.message['type'] === 'stream_event';
