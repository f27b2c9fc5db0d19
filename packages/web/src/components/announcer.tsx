import { type ReactNode, useEffect, useRef, useState } from 'react';
import { announcementOf } from '../app/announce.ts';
import type { SessionView } from '../session/view-model.ts';

/** Tells screen readers what happens: whole texts when they are finished, questions at once. */
export function Announcer({ view }: { view: SessionView }): ReactNode {
  const before = useRef(view);
  const [said, setSaid] = useState({ polite: '', urgent: '' });
  useEffect(() => {
    const next = announcementOf(before.current, view);
    before.current = view;
    if (next.polite !== '' || next.urgent !== '') setSaid(next);
  }, [view]);
  return (
    <div className="visually-hidden">
      <div aria-live="polite">{said.polite}</div>
      <div aria-live="assertive">{said.urgent}</div>
    </div>
  );
}
