/** Settles with the promise, or resolves after the bound, whichever is first. No timer is left behind. */
export async function within(boundMs: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<void>((resolve) => (timer = setTimeout(resolve, boundMs)));
  try {
    await Promise.race([promise, bound]);
  } finally {
    clearTimeout(timer);
  }
}
