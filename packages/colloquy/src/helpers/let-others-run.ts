/** Resolves when everything that is ready to run has run: what waits for promises, and what the network has delivered. */
export function letOthersRun(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
