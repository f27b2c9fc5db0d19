import type { ReactNode } from 'react';
import type { Connection } from '../api/follow-session.ts';

/** A line that tells when the page has lost the server. It fades in late, so that a blink of the network does not show. */
export function ConnectionNote({ connection }: { connection: Connection }): ReactNode {
  const isLost = connection.state === 'reconnecting';
  return (
    <div className="connection" role="status">
      {isLost ? (
        <p>
          <span className="pulse" aria-hidden="true" />
          Reconnecting…
          {connection.attempt > 3
            ? ' The server cannot be reached. Check that it is running; nothing that was sent is lost.'
            : null}
        </p>
      ) : null}
    </div>
  );
}
