import { ColloquyError } from 'colloquy';

/** A use of the command that cannot work; its message is for the person who typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * What to print for an error. Those made on purpose, by us or by the system, are told by their message and those of their
 * causes; anything else is a defect, and comes with its stack.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return `unexpected: ${String(error)}`;
  if (!isExpected(error)) return `unexpected ${error.stack ?? error.message}`;
  const causes = causesOf(error).filter((message) => !error.message.includes(message));
  return [error.message, ...causes.map((message) => `  because: ${message}`)].join('\n');
}

function isExpected(error: Error): boolean {
  // System errors (ENOENT, EADDRINUSE) name the file or address in their message.
  return error instanceof ColloquyError || error instanceof UsageError || 'syscall' in error;
}

function causesOf(error: Error): string[] {
  const messages: string[] = [];
  const seen = new Set<unknown>([error]);
  for (let cause = error.cause; cause instanceof Error && !seen.has(cause); cause = cause.cause) {
    seen.add(cause);
    messages.push(cause.message);
  }
  return messages;
}
