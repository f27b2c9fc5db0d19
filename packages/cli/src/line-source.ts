import { createInterface, type Interface } from 'node:readline';

/** The lines of standard input, one at a time: prompts and commands of the chat, and answers to questions in between. */
export class LineSource implements Disposable {
  readonly #interface: Interface;
  readonly #interactive: boolean;
  readonly #queued: string[] = [];
  /** Who gets the next line; a question goes before the chat. */
  #waiting: { resolve(line: string | undefined): void }[] = [];
  #ended = false;

  /** `interactive`: a person types, so prompts are shown, and `onCtrlC` is called for that key. */
  constructor(o: { interactive: boolean; onCtrlC: () => void }) {
    this.#interactive = o.interactive;
    this.#interface = createInterface({
      input: process.stdin,
      ...(o.interactive ? { output: process.stderr, terminal: true } : {}),
    });
    this.#interface.on('line', (line) => this.#deliver(line));
    this.#interface.on('close', () => this.#end());
    this.#interface.on('SIGINT', o.onCtrlC);
  }

  /** The next line, or `undefined` at the end of the input. */
  next(prompt: string): Promise<string | undefined> {
    const line = this.#queued.shift();
    if (line !== undefined || this.#ended) return Promise.resolve(line);
    this.#show(prompt);
    return new Promise((resolve) => {
      this.#waiting.push({ resolve });
    });
  }

  /** Asks the person; the very next line typed is the answer. `undefined` when the input ended or the signal fired. */
  ask(question: string, signal: AbortSignal): Promise<string | undefined> {
    if (this.#ended || signal.aborted) return Promise.resolve(undefined);
    const breakAt = question.lastIndexOf('\n') + 1;
    if (breakAt > 0) process.stderr.write(question.slice(0, breakAt));
    this.#show(question.slice(breakAt));
    return new Promise((resolve) => {
      const entry = {
        resolve: (line: string | undefined): void => {
          signal.removeEventListener('abort', onAbort);
          resolve(line);
        },
      };
      const onAbort = (): void => {
        this.#waiting = this.#waiting.filter((waiting) => waiting !== entry);
        entry.resolve(undefined);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.unshift(entry);
    });
  }

  /** After something was printed over it: the prompt, and what has been typed so far. */
  showPromptAgain(): void {
    if (this.#interactive && this.#waiting.length > 0) this.#interface.prompt(true);
  }

  [Symbol.dispose](): void {
    this.#interface.close();
  }

  #show(prompt: string): void {
    if (!this.#interactive) return;
    this.#interface.setPrompt(prompt);
    this.#interface.prompt();
  }

  #deliver(line: string): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#queued.push(line);
    else waiting.resolve(line);
  }

  #end(): void {
    this.#ended = true;
    for (const waiting of this.#waiting.splice(0)) waiting.resolve(undefined);
  }
}
