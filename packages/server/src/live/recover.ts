import { SessionBusyError, SessionNotFoundError } from 'colloquy';
import type { SessionRow, Store } from 'colloquy/internal';
import type { SessionHost } from './session-host.ts';

const PAGE = 100;
/** The sessions that are looked at, newest activity first. */
const MAX_LOOKED_AT = 10_000;

/**
 * Opens the sessions that a dead process left in the middle of something, so that what it had accepted runs on without anybody asking.
 * One after the other; sessions that a living process holds are left to it.
 */
export async function recoverSessions(
  host: SessionHost,
  store: Store,
  o: { signal: AbortSignal; onError: (error: unknown) => void },
): Promise<void> {
  for (let offset = 0; offset < MAX_LOOKED_AT && !o.signal.aborted; offset += PAGE) {
    const rows = await store.sessions.list({ limit: PAGE, offset });
    for (const row of rows.filter(isLeft)) {
      if (o.signal.aborted) return;
      await recover(host, row.id, o.onError);
    }
    if (rows.length < PAGE) return;
  }
}

/** A running turn, or a lease that was never released: the process may have died between accepting a prompt and beginning its turn. */
function isLeft(row: SessionRow): boolean {
  return row.running || row.owner !== undefined;
}

async function recover(host: SessionHost, id: string, onError: (error: unknown) => void): Promise<void> {
  try {
    const { release } = await host.hold(id);
    release();
  } catch (error) {
    if (error instanceof SessionBusyError || error instanceof SessionNotFoundError) return;
    onError(error);
  }
}
