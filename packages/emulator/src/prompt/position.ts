import { isRecord } from '../request/messages-request.ts';

/** How long a cached prefix is kept after its last use. */
export type Ttl = '5m' | '1h';

/** The order in which the model reads. Tools of the web stand after the others, because they are told in the system prompt. */
export type Level = 'tools' | 'web' | 'system' | 'messages';

/** One block of the prompt: a place where a cached prefix may end. */
export type Position = {
  level: Level;
  /** How many positions of its level the prefix that ends here holds. */
  count: number;
  /** Bytes of the prompt up to and with this block. */
  bytesUpTo: number;
  marker: Ttl | undefined;
  /** Takes a marker: thinking does not. */
  markable: boolean;
};

/** What a `cache_control` that has passed the checks asks for. */
export function ttlOf(marker: unknown): Ttl | undefined {
  if (!isRecord(marker)) return undefined;
  return marker.ttl === '1h' ? '1h' : '5m';
}

/** Whether a document, a search result or a tool asks to be cited. */
export function isCited({ citations }: { readonly [field: string]: unknown }): boolean {
  return isRecord(citations) && citations.enabled === true;
}
