import { createHmac } from 'node:crypto';

// One key for all emulators: a conversation kept on disk goes on after a restart.
const KEY = 'colloquy emulator, seals, 1';

/** What stands for the API's encrypted texts: it tells nothing, and fits only the facts that it was made for. */
export function sealOf(kind: 'search_result' | 'citation' | 'compaction', ...facts: readonly unknown[]): string {
  return createHmac('sha256', KEY)
    .update(JSON.stringify([kind, ...facts]))
    .digest('base64');
}
