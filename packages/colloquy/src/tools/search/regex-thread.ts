import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { untilAborted } from '../../helpers/until-aborted.ts';

/** Beyond this, the rest of one text is not searched. */
const MAX_MATCHES = 10_000;

/** A string and not a module: a bundle keeps no file of its own for it. */
const SCRIPT = `
const { parentPort, workerData: { source, flags, multiline, maxMatches } } = require('node:worker_threads');
const regex = new RegExp(source, flags);
const search = (text, offset, found) => {
  for (const match of text.matchAll(regex)) {
    if (found.length >= maxMatches) return;
    found.push([offset + match.index, offset + match.index + match[0].length]);
  }
};
parentPort.on('message', (text) => {
  const found = [];
  if (multiline) search(text, 0, found);
  else for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\\n', start);
    const end = newline === -1 ? text.length : newline;
    search(text.slice(start, text[end - 1] === '\\r' ? end - 1 : end), start, found);
    start = end + 1;
  }
  parentPort.postMessage(found);
});
`;

/** From where to where a match reaches. */
export type Span = readonly [start: number, end: number];

/** A regular expression of JavaScript in a thread of its own, because it may take for ever, and a thread can be ended. */
export class RegexThread implements AsyncDisposable {
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** @throws Error for what is no regular expression of JavaScript, nor of what it shares with ripgrep's. */
  static async start(
    pattern: string,
    { ignoreCase, multiline }: { ignoreCase: boolean; multiline: boolean },
  ): Promise<RegexThread> {
    const { source, flags } = toJavaScript(pattern, ignoreCase, multiline);
    const { Worker } = await import('node:worker_threads');
    const workerData = { source, flags, multiline, maxMatches: MAX_MATCHES };
    return new RegexThread(new Worker(SCRIPT, { eval: true, workerData, env: {}, stdout: true, stderr: true }));
  }

  /** Where the expression matches, in order; without `multiline` each line is searched by itself. */
  async find(text: string, signal: AbortSignal): Promise<Span[]> {
    const answer = untilAborted(once(this.#worker, 'message'), signal);
    this.#worker.postMessage(text);
    const [found] = await answer;
    // What the script above posts.
    return found as Span[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}

function toJavaScript(pattern: string, ignoreCase: boolean, multiline: boolean): { source: string; flags: string } {
  const inline = /^\(\?([ims]+)\)/.exec(pattern);
  const source = pattern.slice(inline?.[0].length ?? 0).replaceAll('(?P<', '(?<');
  const flags = new Set([
    'g',
    'm',
    ...(ignoreCase ? ['i'] : []),
    ...(multiline ? ['s'] : []),
    ...Array.from(inline?.[1] ?? ''),
  ]);
  for (const unicode of ['u', '']) {
    try {
      const all = [...flags, unicode].join('');
      new RegExp(source, all);
      return { source, flags: all };
    } catch (cause) {
      // Without `u`, more is taken as it stands.
      if (unicode === '')
        throw new Error(`The search could not be made: ${pattern} is no regular expression.`, { cause });
    }
  }
  throw new Error('unreachable');
}
