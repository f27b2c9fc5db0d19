import { type ReactNode, useEffect, useRef, useState } from 'react';
import { announcementOf } from '../app/announce.ts';
import type { SessionView } from '../session/view-model.ts';

const SILENT = { polite: '', urgent: '' };
/** Long enough for a screen reader to have taken the words; afterwards they are only a second copy of the page. */
const KEPT_MS = 2_000;

/** Tells screen readers what happens: whole texts when they are finished, questions at once. */
export function Announcer({ view }: { view: SessionView }): ReactNode {
  const before = useRef(view);
  const [said, setSaid] = useState(SILENT);
  useEffect(() => {
    const next = announcementOf(before.current, view);
    before.current = view;
    if (next.polite !== '' || next.urgent !== '') setSaid(next);
  }, [view]);
  useEffect(() => {
    if (said === SILENT) return;
    const timer = setTimeout(() => setSaid(SILENT), KEPT_MS);
    return () => clearTimeout(timer);
  }, [said]);
  return (
    <div className="visually-hidden">
      <div aria-live="polite">{said.polite}</div>
      <div aria-live="assertive">{said.urgent}</div>
    </div>
  );
}
