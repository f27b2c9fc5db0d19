import { createHmac } from 'node:crypto';

// One key for all emulators: a conversation kept on disk goes on after a restart.
const KEY = 'colloquy emulator, thinking signatures, 1';

/** Stands in for the text of a redacted block, whose `data` is its signature. */
export const REDACTED = '\0redacted';

/** What a signature vouches for. */
export type SignedThinking = {
  model: string;
  /** Digest of everything before the answer that holds the block, see `Prompt.digestUpTo`. */
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
