import type { Position, Ttl } from '../prompt/position.ts';
import type { CheckedRequest } from '../refusals/check-request.ts';
import { breakpointsOf } from './breakpoints.ts';
import { Fingerprints, type CacheMissReason } from './fingerprints.ts';
import { PrefixKeys } from './level-keys.ts';

/** How a request's input tokens are billed; `input` is what was neither read nor written. */
export type InputUsage = { input: number; read: number; written5m: number; written1h: number };

/** All input at the full price. */
export function uncached(input: number): InputUsage {
  return { input, read: 0, written5m: 0, written1h: 0 };
}

/** What the cache does for one request. */
export type CacheUse = {
  usage: InputUsage;
  /** What `diagnostics` of the request asks for; undefined when it asks for nothing, or when there is nothing to tell. */
  missReason: CacheMissReason | undefined;
  /** The answer has this id: the next request may ask for the difference to this one. */
  answered(messageId: string): void;
  /** The answer begins: what the request writes can be read from now on, and what it has read lives on. Safe to call twice. */
  begin(): void;
};

type Entry = { ttl: Ttl; expiresAtMs: number };
/** An entry that a request reads or writes. */
type Use = { at: number; key: string; ttl: Ttl };

/** Positions that are tried at a breakpoint, itself the first: one written further back is not found. */
const LOOK_BACK = 20;
const TTL_MS: Readonly<Record<Ttl, number>> = { '5m': 5 * 60_000, '1h': 60 * 60_000 };
const MAX_ENTRIES = 100_000;

/**
 * The prompt cache's bookkeeping: which prefixes are kept, and until when.
 *
 * An entry is written at each breakpoint and nowhere else, once the answer begins. It lives for its time to live from the
 * start of the request that wrote it, or that read it last, and keeps the time to live that it was written with.
 *
 * @see docs/internals/facts/messages-api.md, section 10
 */
export class PromptCache {
  readonly #entries = new Map<string, Entry>();
  readonly #fingerprints = new Fingerprints();

  /** @param o.nowMs the start of the request. */
  open(checked: CheckedRequest, o: { workspaceId: string; nowMs: number }): CacheUse {
    return {
      ...this.#openPrefixes(checked, o),
      missReason: this.#fingerprints.compare(checked, o.workspaceId),
      answered: (messageId) => this.#fingerprints.keep(messageId, checked, o.workspaceId),
    };
  }

  #openPrefixes(
    checked: CheckedRequest,
    { workspaceId, nowMs }: { workspaceId: string; nowMs: number },
  ): Pick<CacheUse, 'usage' | 'begin'> {
    const { prompt, model } = checked;
    const breakpoints = breakpointsOf(prompt, checked.request.cache_control).filter(
      ({ at }) => prompt.tokensUpTo(at) >= model.minCachedTokens,
    );
    if (breakpoints.length === 0) return { usage: uncached(prompt.tokens), begin };
    const keys = new PrefixKeys(checked, workspaceId);
    const uses: Use[] = [];
    let read = 0;
    for (const { at, ttl } of breakpoints) {
      const hit = this.#lookBack(prompt.positions, at, keys, nowMs);
      if (hit !== undefined) {
        uses.push(hit);
        read = Math.max(read, prompt.tokensUpTo(hit.at));
      }
      if (hit?.at !== at) uses.push({ at, key: keyAt(prompt.positions, at, keys), ttl });
    }
    const lastOf = (ttl: Ttl): number => prompt.tokensUpTo(breakpoints.findLast((one) => one.ttl === ttl)?.at ?? -1);
    const upTo1h = Math.max(read, lastOf('1h'));
    return {
      usage: usageOf(prompt.tokens, { read, upTo1h, upTo5m: Math.max(upTo1h, lastOf('5m')) }),
      begin: () => {
        for (const { key, ttl } of uses.splice(0)) this.#keep(key, ttl, nowMs);
      },
    };
  }

  #lookBack(positions: readonly Position[], from: number, keys: PrefixKeys, nowMs: number): Use | undefined {
    for (let at = from; at >= 0 && at > from - LOOK_BACK; at -= 1) {
      const key = keyAt(positions, at, keys);
      const entry = this.#entries.get(key);
      if (entry !== undefined && nowMs < entry.expiresAtMs) return { at, key, ttl: entry.ttl };
    }
    return undefined;
  }

  /** A request that began earlier but answers later takes no time from an entry. */
  #keep(key: string, ttl: Ttl, nowMs: number): void {
    const expiresAtMs = Math.max(nowMs + TTL_MS[ttl], this.#entries.get(key)?.expiresAtMs ?? 0);
    // Taken out first, so that the order of the entries is that of their last use.
    this.#entries.delete(key);
    this.#entries.set(key, { ttl, expiresAtMs });
    const oldest = this.#entries.size > MAX_ENTRIES ? this.#entries.keys().next().value : undefined;
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}

function keyAt(positions: readonly Position[], at: number, keys: PrefixKeys): string {
  const position = positions[at];
  return position === undefined ? '' : keys.of(position);
}

function usageOf(
  total: number,
  { read, upTo1h, upTo5m }: { read: number; upTo1h: number; upTo5m: number },
): InputUsage {
  return { input: total - upTo5m, read, written1h: upTo1h - read, written5m: upTo5m - upTo1h };
}

/** Nothing is cached, so nothing begins. */
function begin(): void {}
