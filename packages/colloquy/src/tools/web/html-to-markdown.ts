import { untilAborted } from '../../helpers/until-aborted.ts';
import type { HtmlJob } from './html-worker.ts';
import { stripTags } from './strip-tags.ts';

/** Longer pages are cut before they are parsed. */
const MAX_HTML_CHARS = 2_000_000;
const DEFAULT_TIMEOUT_MS = 5_000;
const MAX_HEAP_MB = 512;

/** In the bundle, chunks and the worker's entry lie in one folder. */
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './html-worker.ts' : './html-worker.js', import.meta.url);

/**
 * A page as Markdown. The library runs in a thread of its own, which is ended when it takes long, much memory or a deep stack, as
 * hostile pages can make it do; then the bare text is taken instead, in one pass.
 */
export async function htmlToMarkdown(
  html: string,
  o: { url: string; signal: AbortSignal; timeoutMs?: number | undefined },
): Promise<{ text: string; cut: boolean }> {
  const page = html.slice(0, MAX_HTML_CHARS);
  const { url, signal, timeoutMs = DEFAULT_TIMEOUT_MS } = o;
  const text = (await inThread({ html: page, url }, signal, timeoutMs)) ?? stripTags(page);
  return { text: text.trim(), cut: page.length < html.length };
}

/** Undefined when the thread could not do it within its bounds. */
async function inThread(job: HtmlJob, signal: AbortSignal, timeoutMs: number): Promise<string | undefined> {
  const { Worker } = await import('node:worker_threads');
  signal.throwIfAborted();
  const worker = new Worker(WORKER, {
    workerData: job,
    env: {},
    execArgv: [],
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    const done = new Promise<string | undefined>((resolve, reject) => {
      // The worker posts one string.
      worker.once('message', (text: unknown) => resolve(typeof text === 'string' ? text : undefined));
      worker.on('error', (error) => (isMissing(error) ? reject(error) : resolve(undefined)));
      worker.once('exit', () => resolve(undefined));
      timer = setTimeout(() => resolve(undefined), timeoutMs);
    });
    return await untilAborted(done, signal);
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}

/** Our own file, or the library, is not there: that is not the page's fault. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).endsWith('MODULE_NOT_FOUND');
}
