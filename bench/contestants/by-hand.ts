import { ADD, add, MAX_TOKENS, MODEL, type OpenOptions, type Talk } from './contestant.ts';
import { readKept } from './kept-file.ts';

/** Sends one request and calls back with each chunk of the answer. */
export type Exchange = (url: string, body: string, onChunk: (chunk: Uint8Array) => void) => Promise<void>;

type Block = { type: string; text?: string; id?: string; name?: string; input?: unknown; json?: string };
type StreamEvent = {
  type: string;
  index?: number;
  content_block?: Block;
  delta?: { type?: string; text?: string; partial_json?: string; stop_reason?: string };
};

/** The least that a program can do by itself: the history, the stream, the tool, and nothing checked. */
export async function openByHand(exchange: Exchange, o: OpenOptions): Promise<Talk> {
  const messages = readKept(o.kept);
  const tools = o.withTool === true ? { tools: [ADD] } : {};
  const ask = async (): Promise<Block[]> => {
    const body = JSON.stringify({ model: MODEL, max_tokens: MAX_TOKENS, stream: true, ...tools, messages });
    const answer = new Answer(o.onDelta);
    await exchange(`${o.url}/v1/messages`, body, (chunk) => answer.read(chunk));
    return answer.blocks;
  };
  return {
    async turn(prompt) {
      messages.push({ role: 'user', content: [{ type: 'text', text: prompt }] });
      for (;;) {
        const blocks = await ask();
        messages.push({ role: 'assistant', content: blocks });
        const calls = blocks.filter(({ type }) => type === 'tool_use');
        if (calls.length === 0) return blocks.map(({ text }) => text ?? '').join('');
        const results = calls.map(({ id, input }) => ({
          type: 'tool_result',
          tool_use_id: id,
          content: add(input as { a: number; b: number }),
        }));
        messages.push({ role: 'user', content: results });
      }
    },
    async close() {},
  };
}

class Answer {
  readonly blocks: Block[] = [];
  readonly #onDelta: (() => void) | undefined;
  readonly #decoder = new TextDecoder();
  #rest = '';

  constructor(onDelta: (() => void) | undefined) {
    this.#onDelta = onDelta;
  }

  read(chunk: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('data: ')) this.#event(JSON.parse(line.slice(6)) as StreamEvent);
  }

  #event({ type, index = 0, content_block, delta }: StreamEvent): void {
    if (type === 'content_block_start' && content_block !== undefined) this.blocks[index] = content_block;
    const block = this.blocks[index];
    if (block === undefined) return;
    if (type === 'content_block_delta' && delta?.text !== undefined) {
      block.text = (block.text ?? '') + delta.text;
      this.#onDelta?.();
    }
    if (type === 'content_block_delta' && delta?.partial_json !== undefined)
      block.json = (block.json ?? '') + delta.partial_json;
    if (type === 'content_block_stop' && block.type === 'tool_use') {
      block.input = JSON.parse(block.json === undefined || block.json === '' ? '{}' : block.json);
      delete block.json;
    }
  }
}

export const HEADERS = {
  'content-type': 'application/json',
  'anthropic-version': '2026-10-21',
  authorization: 'Bearer offline',
};
