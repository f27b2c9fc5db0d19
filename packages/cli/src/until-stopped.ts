/**
 * Resolves with the first SIGINT or SIGTERM: for commands that run until they are told to stop; a second one
 * ends the process. Call it before saying that the command is ready: who is told so may stop it at once.
 */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}
