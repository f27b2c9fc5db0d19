import { type ReactNode, useState } from 'react';
import type { SessionSummary } from '../api/wire.ts';
import { toHash } from '../app/route.ts';
import { useNow } from '../app/use-now.ts';
import { useObservable } from '../app/use-observable.ts';
import type { SessionList } from '../session/session-list.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { CloseIcon, PlusIcon } from './icons.tsx';
import { SessionRow, titleOf } from './session-row.tsx';

type Props = {
  list: SessionList;
  currentId: string | undefined;
  version: string;
  onChoose: () => void;
  onClose: () => void;
  onRename: (id: string, title: string) => void;
  onDelete: (id: string) => void;
};

/** The stored conversations, newest activity first. */
export function Sidebar({ list, currentId, version, onChoose, onClose, onRename, onDelete }: Props): ReactNode {
  const { sessions, loaded, nextPage, error } = useObservable(list.state);
  const [doomed, setDoomed] = useState<SessionSummary | undefined>();
  const nowMs = useNow(30_000);
  return (
    <nav className="sidebar-content" aria-label="Conversations">
      <div className="sidebar-head">
        <span className="wordmark">Colloquy</span>
        <button type="button" className="icon-button drawer-close" aria-label="Close the list" onClick={onClose}>
          <CloseIcon />
        </button>
      </div>
      <a
        className="new-button"
        href={toHash(undefined)}
        onClick={onChoose}
        aria-current={currentId === undefined ? 'page' : undefined}
      >
        <PlusIcon />
        New conversation
      </a>
      <ul className="sessions">
        {sessions.map((session) => (
          <SessionRow
            key={session.id}
            session={session}
            isCurrent={session.id === currentId}
            nowMs={nowMs}
            onChoose={onChoose}
            onRename={onRename}
            onDelete={setDoomed}
          />
        ))}
      </ul>
      {loaded && sessions.length === 0 ? <p className="sidebar-note">No conversations yet.</p> : null}
      {error === undefined ? null : <p className="sidebar-note">{error}</p>}
      {nextPage === undefined ? null : (
        <button type="button" className="link-button sidebar-more" onClick={() => void list.more()}>
          Show older
        </button>
      )}
      <p className="version">Colloquy {version}</p>
      {doomed === undefined ? null : (
        <ConfirmDialog
          title="Delete this conversation?"
          text={`“${titleOf(doomed)}” is removed from the server with everything in it. This cannot be undone.`}
          action="Delete"
          onConfirm={() => onDelete(doomed.id)}
          onClose={() => setDoomed(undefined)}
        />
      )}
    </nav>
  );
}
