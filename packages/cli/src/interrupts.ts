/** What Ctrl-C means to a command, one press after another. */
export type InterruptSteps = {
  /** The first: end the turn, and let the command come to its end. */
  first(): void;
  /** The second: give up. The process ends within the bound whether or not this has finished. */
  second(): Promise<void>;
};

const GIVE_UP_MS = 2_000;
const EXIT_INTERRUPTED = 130;
const EXIT_TERMINATED = 143;

/** Handles Ctrl-C and SIGTERM until disposed of. Tools run in process groups of their own, so they must be ended by us. */
export function onInterrupt(steps: InterruptSteps): Disposable {
  let presses = 0;
  const giveUp = (exitCode: number): void => {
    setTimeout(() => process.exit(exitCode), GIVE_UP_MS);
    void steps.second().finally(() => process.exit(exitCode));
  };
  const onSigint = (): void => {
    presses += 1;
    if (presses === 1) steps.first();
    else giveUp(EXIT_INTERRUPTED);
  };
  const onSigterm = (): void => giveUp(EXIT_TERMINATED);
  process.on('SIGINT', onSigint);
  process.once('SIGTERM', onSigterm);
  return {
    [Symbol.dispose]() {
      process.off('SIGINT', onSigint);
      process.off('SIGTERM', onSigterm);
    },
  };
}
