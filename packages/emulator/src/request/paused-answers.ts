// An answer that ended with pause_turn is sent back as it is, to be continued, where any other final answer is refused as
// prefill. What the API knows by its records, emulators know by the digests of what they paused, all of a process together.
const paused = new Set<string>();
const MAX_KEPT = 10_000;

/** @param digest of the conversation up to and with the answer. */
export function rememberPaused(digest: string): void {
  paused.delete(digest);
  paused.add(digest);
  const oldest = paused.size > MAX_KEPT ? paused.values().next().value : undefined;
  if (oldest !== undefined) paused.delete(oldest);
}

export function wasPaused(digest: string): boolean {
  return paused.has(digest);
}
