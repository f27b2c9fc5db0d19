import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react';
import { createApi } from '../api/api.ts';
import { boot, type Boot, takeToken } from '../app/boot.ts';
import { NoticeScreen, SignedOut } from './notice-screen.tsx';
import { Workspace } from './workspace.tsx';

/** Asks again by itself, at this pace, while the server cannot be reached. */
const RETRY_MS = 4_000;

/** The whole page. `token` is the one-time token of the link that opened it, if it had one. */
export function App({ token }: { token: string | undefined }): ReactNode {
  const [state, setState] = useState<Boot | { state: 'starting' }>({ state: 'starting' });
  const api = useMemo(
    () => createApi({ onSignedOut: () => setState({ state: 'signed_out', linkWasRefused: false }) }),
    [],
  );
  const start = useCallback((link: string | undefined) => void boot(api, link).then(setState), [api]);

  useEffect(() => start(token), [start, token]);
  useEffect(() => {
    // The link may also be opened in a tab that shows this page already: then only the fragment changes.
    const onHashChange = (): void => {
      const link = takeToken();
      if (link !== undefined) start(link);
    };
    addEventListener('hashchange', onHashChange);
    return () => removeEventListener('hashchange', onHashChange);
  }, [start]);
  useEffect(() => {
    if (state.state !== 'unreachable') return;
    const timer = setTimeout(() => start(undefined), RETRY_MS);
    return () => clearTimeout(timer);
  }, [state, start]);

  switch (state.state) {
    case 'starting':
      return <div className="starting" role="status" aria-label="Loading" />;
    case 'signed_out':
      return <SignedOut linkWasRefused={state.linkWasRefused} />;
    case 'unreachable':
      return (
        <NoticeScreen title="The server cannot be reached">
          <p>
            {state.message} Start it with <code>script/server</code>; this page comes back by itself.
          </p>
          <button type="button" className="button primary" onClick={() => start(undefined)}>
            Try now
          </button>
        </NoticeScreen>
      );
    case 'ready':
      return <Workspace api={api} facts={state.facts} />;
    default:
      return state satisfies never;
  }
}
