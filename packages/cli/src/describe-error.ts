import { ColloquyError, SessionBusyError, SessionNotFoundError } from 'colloquy';

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
  const text = tellInOurTerms(error);
  const causes = causesOf(error).filter((message) => !text.includes(message));
  return [text, ...causes.map((message) => `  because: ${message}`)].join('\n');
}

// The messages of the package name functions and options; here there are commands and flags.
function tellInOurTerms(error: Error): string {
  if (error instanceof SessionNotFoundError) {
    return `There is no session ${error.sessionId}; "colloquy sessions" lists those that exist`;
  }
  if (error instanceof SessionBusyError) {
    return `Session ${error.sessionId} is open in ${error.owner}; close it there, or go on with a copy: --fork-session`;
  }
  return error.message;
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
