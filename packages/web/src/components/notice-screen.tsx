import type { ReactNode } from 'react';

/** A page that has nothing else to show: what is the matter, and the way out. */
export function NoticeScreen({ title, children }: { title: string; children: ReactNode }): ReactNode {
  return (
    <div className="notice-screen">
      <div role="alert">
        <h2>{title}</h2>
        {children}
      </div>
    </div>
  );
}

/** Nobody is signed in, in this browser. */
export function SignedOut({ linkWasRefused }: { linkWasRefused: boolean }): ReactNode {
  return (
    <NoticeScreen title={linkWasRefused ? 'This link does not work any more' : 'This browser is not signed in'}>
      <p>
        {linkWasRefused ? 'A sign-in link works once, and for ten minutes. ' : null}
        Open the link that <code>script/server</code> printed in its terminal. To get a new one, start the server again.
      </p>
    </NoticeScreen>
  );
}
