import { createHash, createHmac, type Hash } from 'node:crypto';
import { blocksOf, isRecord, type MessagesRequest, type RequestMessage } from './messages-request.ts';

// One key for all emulators: a conversation kept on disk goes on after a restart.
const KEY = 'colloquy emulator, thinking signatures, 1';

/** What a signature vouches for. */
export type SignedThinking = {
  model: string;
  /** Digest of everything before the answer that holds the block, see `PrefixDigest`. */
  prefix: string;
};

/** The `signature` of a thinking block: it binds the block's text, the model, and the conversation before it. */
export function signThinking(thinking: string, signed: SignedThinking): string {
  const facts = `${signed.model} ${signed.prefix}`;
  return Buffer.from(`${facts} ${macOf(facts, thinking)}`).toString('base64');
}

/** What a signature vouches for, or undefined when it was not made by an emulator for this very text. */
export function readSignature(thinking: string, signature: string): SignedThinking | undefined {
  const [model, prefix, mac] = Buffer.from(signature, 'base64').toString('utf8').split(' ');
  if (model === undefined || prefix === undefined || mac === undefined) return undefined;
  const signed = { model, prefix };
  // Comparing the whole signature also refuses other spellings of the same base64.
  return signThinking(thinking, signed) === signature ? signed : undefined;
}

function macOf(facts: string, thinking: string): string {
  return createHmac('sha256', KEY).update(`${facts}\n${thinking}`).digest('base64url');
}

/**
 * Digest of a conversation's beginning: system, tools, then the messages added so far. Cache markers, null fields and the
 * order of fields do not count, and neither does whether a content is a string or one text block, nor deferred tools, which the
 * model sees only where a result refers to them; everything else does, the order of keys inside a tool's input and schema
 * included.
 */
export class PrefixDigest {
  readonly #hash: Hash;

  constructor(request: Pick<MessagesRequest, 'system' | 'tools'>) {
    this.#hash = createHash('sha256');
    const tools = (request.tools ?? []).filter((tool) => tool.defer_loading !== true);
    this.#hash.update(canonical([blocksOf(request.system ?? []), tools]));
  }

  add(message: RequestMessage): void {
    for (const block of blocksOf(message.content)) this.#hash.update(`\n${message.role} ${canonical(block)}`);
  }

  digest(): string {
    return this.#hash.copy().digest('base64url');
  }
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (!isRecord(value)) return JSON.stringify(value);
  const fields = Object.keys(value)
    .filter((key) => key !== 'cache_control' && value[key] !== null && value[key] !== undefined)
    .toSorted()
    .map(
      (key) => `${JSON.stringify(key)}:${KEEPS_ORDER.has(key) ? JSON.stringify(value[key]) : canonical(value[key])}`,
    );
  return `{${fields.join()}}`;
}

const KEEPS_ORDER = new Set(['input', 'input_schema']);
