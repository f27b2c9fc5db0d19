import type { WebPage } from '../tool.ts';

const KEPT_MS = 15 * 60_000;
const MAX_PAGES = 50;
const MAX_CHARS = 10_000_000;

/** The pages that a session has read, for 15 minutes: going on in a long page, or asking another question, does not fetch it again. */
export class PageCache {
  readonly #pages = new Map<string, { page: WebPage; atMs: number }>();
  readonly #nowMs: () => number;
  #chars = 0;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  get(url: string): WebPage | undefined {
    const kept = this.#pages.get(url);
    if (kept !== undefined && this.#nowMs() - kept.atMs < KEPT_MS) return kept.page;
    this.#drop(url);
    return undefined;
  }

  /** Keeps a page; the oldest ones make room for it. */
  set(url: string, page: WebPage): void {
    this.#drop(url);
    if (page.text.length > MAX_CHARS) return;
    this.#pages.set(url, { page, atMs: this.#nowMs() });
    this.#chars += page.text.length;
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= MAX_PAGES && this.#chars <= MAX_CHARS) return;
      this.#drop(oldest);
    }
  }

  #drop(url: string): void {
    this.#chars -= this.#pages.get(url)?.page.text.length ?? 0;
    this.#pages.delete(url);
  }
}
