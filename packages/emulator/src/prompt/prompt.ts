import {
  blocksOf,
  isRecord,
  type MessagesRequest,
  type RequestBlock,
  type RequestMessage,
} from '../request/messages-request.ts';
import { bytesOfBlock, tokensOfBytes } from './block-bytes.ts';
import { canonical, identityOf } from './block-identity.ts';
import { DigestChain, digestOf } from './digest-chain.ts';
import { isCited, ttlOf, type Level, type Position, type Ttl } from './position.ts';
import { toolsPart, type ToolsPart } from './tools-part.ts';

/** What the API does to messages before the model sees them; each block is named as `at.index`. */
export type PromptEdits = {
  leftOut: ReadonlySet<string>;
  replaced?: ReadonlyMap<string, RequestBlock> | undefined;
};

/** A request as the model reads it: tools, system text, messages, block by block. */
export class Prompt {
  readonly positions: readonly Position[];
  /** Input tokens, by the emulator's rule. */
  readonly tokens: number;
  readonly chains: Readonly<Record<Level, DigestChain>>;
  /** Whether there is an image anywhere, and whether any source is to be cited. */
  readonly has: Readonly<{ images: boolean; citations: boolean }>;
  /** How many positions of the messages stand before each message. */
  readonly #before: readonly number[];

  constructor(request: MessagesRequest, { leftOut, replaced }: PromptEdits = NO_EDITS) {
    const isEdited = leftOut.size > 0 || (replaced !== undefined && replaced.size > 0);
    const reader = new PromptReader(toolsPart(request.tools ?? []));
    for (const block of blocksOf(request.system ?? [])) reader.add('system', block, 'system');
    for (const [at, message] of request.messages.entries()) {
      reader.before.push(reader.identities.messages.length);
      const settings = settingsOf(message);
      if (settings !== '') reader.add('messages', { type: 'settings', settings }, message.role, 0);
      for (const [index, block] of blocksOf(message.content).entries()) {
        const place = isEdited ? `${at}.${index}` : '';
        if (!leftOut.has(place)) reader.add('messages', replaced?.get(place) ?? block, message.role);
      }
    }
    this.positions = reader.positions;
    this.tokens = tokensOfBytes(reader.bytes);
    this.has = { images: reader.hasImages, citations: reader.hasCitations || reader.tools.hasCitations };
    this.#before = reader.before;
    this.chains = {
      tools: reader.tools.tools.chain,
      web: reader.tools.web.chain,
      system: new DigestChain(reader.identities.system, { grows: true }),
      messages: new DigestChain(reader.identities.messages, { grows: true }),
    };
  }

  /** Input tokens of the prefix that ends with the position of this index; before the first 0. */
  tokensUpTo(at: number): number {
    return tokensOfBytes(this.positions[at]?.bytesUpTo ?? 0);
  }

  /** How many positions of the messages stand before this message; for the one after the last, all of them. */
  countBefore(at: number): number {
    return this.#before[at] ?? this.chains.messages.length;
  }

  /** Stands for system, tools, and so many positions of the messages, in characters that fit into a signature. */
  digestUpTo(count: number): string {
    return this.#digestWith(this.chains.messages.after(count));
  }

  /** What `digestUpTo` will give for the whole prompt of a request that goes on with this answer. */
  digestWithAnswer(blocks: readonly RequestBlock[]): string {
    const { messages } = this.chains;
    return this.#digestWith(messages.whole(blocks.map((block) => identityOf('assistant', block))));
  }

  #digestWith(messages: string): string {
    const { tools, web, system } = this.chains;
    const digest = digestOf(`${tools.whole()} ${web.whole()} ${system.whole()} ${messages}`);
    return Buffer.from(digest, 'latin1').toString('base64url');
  }
}

const NO_EDITS: PromptEdits = { leftOut: new Set() };

class PromptReader {
  readonly tools: ToolsPart;
  readonly positions: Position[];
  readonly identities: { system: string[]; messages: string[] } = { system: [], messages: [] };
  readonly before: number[] = [];
  hasImages = false;
  hasCitations = false;
  bytes: number;

  constructor(tools: ToolsPart) {
    this.tools = tools;
    this.positions = [...tools.tools.positions, ...tools.web.positions];
    this.bytes = tools.bytes;
  }

  add(level: 'system' | 'messages', block: RequestBlock, role: string, bytes = bytesOfBlock(block)): void {
    this.bytes += bytes;
    this.#look(block);
    const identities = this.identities[level];
    identities.push(identityOf(role, block));
    this.positions.push({
      level,
      count: identities.length,
      bytesUpTo: this.bytes,
      marker: markerOf(block),
      markable: block.type !== 'thinking' && block.type !== 'redacted_thinking' && block.type !== 'settings',
    });
  }

  #look(block: RequestBlock): void {
    if (block.type === 'image') this.hasImages = true;
    else if (block.type === 'document' || block.type === 'search_result') this.hasCitations ||= isCited(block);
    else if (block.type === 'tool_result' && Array.isArray(block.content))
      for (const part of block.content) this.#look(part);
  }
}

/** What a system message sets besides its text, such as the effort from there on. */
function settingsOf(message: RequestMessage): string {
  if (message.role !== 'system') return '';
  const { role: _role, content: _content, ...settings } = message;
  return Object.keys(settings).length === 0 ? '' : canonical(settings);
}

/** A marker on a block, or on a block inside a result; of several the one that lasts longest. */
function markerOf(block: RequestBlock): Ttl | undefined {
  const own = ttlOf(block.cache_control);
  if (own === '1h' || !Array.isArray(block.content)) return own;
  const inside = block.content.map((part: unknown) => (isRecord(part) ? ttlOf(part.cache_control) : undefined));
  return inside.includes('1h') ? '1h' : (own ?? (inside.includes('5m') ? '5m' : undefined));
}
