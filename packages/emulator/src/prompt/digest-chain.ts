import { hash } from 'node:crypto';

/** Chains kept to be continued by the next request of a conversation, newest first. */
const remembered: DigestChain[] = [];
const MAX_REMEMBERED = 32;
const MAX_REMEMBERED_CHARS = 8 * 1024 * 1024;

/**
 * Digests of a list's beginnings, made when first asked for. A list that begins like one seen shortly before takes over its
 * digests, so that a request of a growing conversation costs as much hashing as it has new blocks.
 */
export class DigestChain {
  readonly #items: readonly string[];
  readonly #grows: boolean;
  #digests: string[] | undefined;
  #chars = 0;

  /** @param o.grows keeps the digests for a longer list that begins with these items. Default false. */
  constructor(items: readonly string[], o: { grows?: boolean } = {}) {
    this.#items = items;
    this.#grows = o.grows ?? false;
  }

  get length(): number {
    return this.#items.length;
  }

  /** The digest of the first `count` items, 20 characters of one byte each; of none it is empty. */
  after(count: number): string {
    if (count === 0) return '';
    const digests = (this.#digests ??= this.#begun());
    for (let at = digests.length; at < count; at += 1) {
      digests.push(linked(digests[at - 1] ?? '', this.#items[at] ?? ''));
    }
    return digests[count - 1] ?? '';
  }

  /** The digest of all items, and of those that are to follow. */
  whole(following: readonly string[] = []): string {
    return following.reduce(linked, this.after(this.length));
  }

  #begun(): string[] {
    if (!this.#grows) return [];
    const index = remembered.findIndex((chain) => chain.#items[0] === this.#items[0]);
    const known = remembered[index];
    // The longer one is kept for its conversation; a branch off an older place finds it again by its beginning.
    if (known !== undefined && known.length <= this.length) remembered.splice(index, 1);
    remember(this);
    return known === undefined ? [] : known.#sharedWith(this.#items);
  }

  #sharedWith(items: readonly string[]): string[] {
    const digests = this.#digests ?? [];
    let shared = 0;
    while (shared < digests.length && shared < items.length && this.#items[shared] === items[shared]) shared += 1;
    return digests.slice(0, shared);
  }

  get chars(): number {
    if (this.#chars === 0) for (const item of this.#items) this.#chars += item.length;
    return this.#chars;
  }
}

function linked(before: string, item: string): string {
  return digestOf(before + item);
}

/** 20 characters of one byte each. */
export function digestOf(text: string): string {
  return hash('sha1', text, 'binary');
}

function remember(chain: DigestChain): void {
  remembered.unshift(chain);
  let chars = 0;
  for (const [index, { chars: more }] of remembered.entries()) {
    chars += more;
    if (index === 0 || (index < MAX_REMEMBERED && chars <= MAX_REMEMBERED_CHARS)) continue;
    remembered.length = index;
    return;
  }
}
