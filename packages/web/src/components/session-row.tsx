import { type KeyboardEvent, type ReactNode, useState } from 'react';
import type { SessionSummary } from '../api/wire.ts';
import { formatAgo } from '../app/format.ts';
import { toHash } from '../app/route.ts';
import { PencilIcon, TrashIcon } from './icons.tsx';

type Props = {
  session: SessionSummary;
  isCurrent: boolean;
  nowMs: number;
  onChoose: () => void;
  onRename: (id: string, title: string) => void;
  onDelete: (session: SessionSummary) => void;
};

/** One conversation of the list. */
export function SessionRow({ session, isCurrent, nowMs, onChoose, onRename, onDelete }: Props): ReactNode {
  const [isRenaming, setRenaming] = useState(false);
  const title = titleOf(session);
  if (isRenaming) {
    return (
      <li className="session renaming">
        <RenameField
          title={title}
          onDone={(next) => {
            setRenaming(false);
            if (next !== undefined && next !== title) onRename(session.id, next);
          }}
        />
      </li>
    );
  }
  return (
    <li className={isCurrent ? 'session current' : 'session'}>
      <a href={toHash(session.id)} aria-current={isCurrent ? 'page' : undefined} onClick={onChoose} title={title}>
        <span className="session-title">{title}</span>
        <span className="session-when">
          {session.running ? (
            <>
              <span className="running-dot" aria-hidden="true" />
              running
            </>
          ) : (
            `${session.archived_at === null ? '' : 'archived · '}${formatAgo(session.updated_at, nowMs)}`
          )}
        </span>
      </a>
      <span className="session-buttons">
        <button
          type="button"
          className="quiet-button"
          aria-label={`Rename ${title}`}
          title="Rename"
          onClick={() => setRenaming(true)}
        >
          <PencilIcon />
        </button>
        <button
          type="button"
          className="quiet-button"
          aria-label={`Delete ${title}`}
          title="Delete"
          onClick={() => onDelete(session)}
        >
          <TrashIcon />
        </button>
      </span>
    </li>
  );
}

/** A conversation's name: the one it was given or took from its first prompt, else `fallback`. */
export function titleOf(session: SessionSummary | undefined, fallback = 'New conversation'): string {
  const title = session?.title?.trim();
  return title === undefined || title === '' ? fallback : title;
}

/** `onDone` gets the new title, or nothing when it stays. */
function RenameField({ title, onDone }: { title: string; onDone: (title: string | undefined) => void }): ReactNode {
  const [text, setText] = useState(title);
  const finish = (): void => onDone(text.trim() === '' ? undefined : text.trim());
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') finish();
    if (event.key === 'Escape') {
      event.stopPropagation();
      onDone(undefined);
    }
  };
  return (
    <input
      autoFocus
      aria-label="Title"
      value={text}
      maxLength={200}
      onFocus={(event) => event.target.select()}
      onChange={(event) => setText(event.target.value)}
      onKeyDown={onKeyDown}
      onBlur={finish}
    />
  );
}
