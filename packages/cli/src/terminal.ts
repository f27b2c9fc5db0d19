import { createInterface } from 'node:readline';
import { plainText } from './plain-text.ts';
import type { TextSinks } from './text-output.ts';

/** Is a person at the keyboard, who can be asked and sees the question? */
export function personIsThere(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** The answer goes to standard output, exactly unless a terminal shows it; notes go to standard error. */
export function standardSinks(): TextSinks {
  return {
    answer: (text) => process.stdout.write(process.stdout.isTTY ? plainText(text) : text),
    note: (line) => process.stderr.write(`${line}\n`),
  };
}

/** Resolves when what was written to standard output has gone out, so that a slow reader slows the writer down. */
export async function outputDrained(): Promise<void> {
  if (!process.stdout.writableNeedDrain) return;
  await new Promise<void>((resolve) => {
    process.stdout.once('drain', resolve);
    process.stdout.once('close', resolve);
  });
}

/** When nobody reads standard output any longer (`colloquy ask … | head`), the command ends as if it had been told to. */
export function endWhenNobodyReads(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.emit('SIGTERM');
  });
}

/** Asks one question on the terminal; `undefined` when the input ended or the signal fired first. */
export function askOnTerminal(question: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(undefined);
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    const finish = (answer: string | undefined): void => {
      signal.removeEventListener('abort', onAbort);
      resolve(answer);
      lines.close();
    };
    const onAbort = (): void => finish(undefined);
    signal.addEventListener('abort', onAbort, { once: true });
    lines.on('close', () => finish(undefined));
    // While a line is read the terminal is in raw mode, and Ctrl-C is a key: it is passed on as what it means.
    lines.on('SIGINT', () => process.emit('SIGINT'));
    // Only the last line is the prompt of the line editor, which redraws it.
    const promptAt = question.lastIndexOf('\n') + 1;
    process.stderr.write(question.slice(0, promptAt));
    lines.question(question.slice(promptAt), finish);
  });
}
