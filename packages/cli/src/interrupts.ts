/** What Ctrl-C means to a command, one press after another. */
export type InterruptSteps = {
  /** The first press: end the turn, and let the command come to its end. */
  interrupt(): void;
  /** The second, and SIGTERM: give up. Ends what runs; the command's own promise then settles. */
  abandon(): void;
};

/** Listens until disposed of. */
export type Interrupts = Disposable & {
  /** The exit code of a command that was interrupted or given up; `undefined` for one that was not. */
  readonly exitCode: number | undefined;
};

// Tools get a second to end by themselves before they are killed.
const GIVE_UP_MS = 5_000;
const EXIT_INTERRUPTED = 130;
const EXIT_TERMINATED = 143;

/**
 * Handles Ctrl-C and SIGTERM. Tools run in process groups of their own, which a terminal's Ctrl-C does not reach, so they are
 * ended by us; the process lives until they are gone, within a bound.
 */
export function onInterrupt(steps: InterruptSteps): Interrupts {
  let exitCode: number | undefined;
  const giveUp = (code: number): void => {
    exitCode = code;
    setTimeout(() => process.exit(code), GIVE_UP_MS).unref();
    steps.abandon();
  };
  const onSigint = (): void => {
    if (exitCode !== undefined) return giveUp(EXIT_INTERRUPTED);
    exitCode = EXIT_INTERRUPTED;
    steps.interrupt();
  };
  const onSigterm = (): void => giveUp(EXIT_TERMINATED);
  process.on('SIGINT', onSigint);
  process.once('SIGTERM', onSigterm);
  return {
    get exitCode() {
      return exitCode;
    },
    [Symbol.dispose]() {
      process.off('SIGINT', onSigint);
      process.off('SIGTERM', onSigterm);
    },
  };
}
