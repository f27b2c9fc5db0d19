import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Api } from '../api/api.ts';
import { explainError } from '../api/http-error.ts';
import type { ServerFacts } from '../api/wire.ts';
import { navigate, useRoute } from '../app/route.ts';
import { useMedia } from '../app/use-media.ts';
import { useObservable, useSelected } from '../app/use-observable.ts';
import { useSessionList } from '../app/use-session-list.ts';
import { useSessionStore } from '../app/use-session-store.ts';
import type { SessionList } from '../session/session-list.ts';
import type { SessionStore } from '../session/session-store.ts';
import type { SessionView } from '../session/view-model.ts';
import { Conversation } from './conversation.tsx';
import { titleOf } from './session-row.tsx';
import { Sidebar } from './sidebar.tsx';
import { Toast, type ToastMessage } from './toast.tsx';
import { SurroundingsContext } from './surroundings.ts';

/** The page once it is signed in: the list of conversations beside the chosen one. On a narrow screen the list is a drawer. */
export function Workspace({ api, facts }: { api: Api; facts: ServerFacts }): ReactNode {
  const route = useRoute();
  const id = route.kind === 'session' ? route.id : undefined;
  const list = useSessionList(api);
  const { sessions, loaded } = useObservable(list.state);
  const store = useSessionStore(
    api,
    id,
    useCallback(() => void list.refresh(), [list]),
  );
  const first = useSelected(store.state, ({ view }) => firstPrompt(view));
  const isAsking = useSelected(store.state, ({ view }) => view.asks.length > 0);
  const { toast, tell, closeToast } = useToast();
  const drawer = useDrawer();

  const session = sessions.find((each) => each.id === id);
  const title = titleOf(session, first ?? (id === undefined ? 'New conversation' : 'Conversation'));
  const cwd = session?.cwd ?? facts.cwd;
  const surroundings = useMemo(() => ({ cwd, you: facts.you }), [cwd, facts.you]);
  useListRefresh(list, store);
  useTitle(title, isAsking);
  useEffect(() => {
    if (loaded && id !== undefined && session === undefined) void list.ensure(id);
  }, [list, loaded, id, session]);

  const attempt = (doing: Promise<void>): void => void doing.catch((error: unknown) => tell(explainError(error), true));
  const remove = async (removed: string): Promise<void> => {
    await list.remove(removed);
    if (removed === id) navigate(undefined, { replace: true });
  };
  return (
    <SurroundingsContext value={surroundings}>
      <a className="skip-link" href="#message" onClick={skipToMessage}>
        Skip to the message box
      </a>
      <div className={drawer.isOpen ? 'workspace drawer-open' : 'workspace'}>
        <aside id="sidebar" className="sidebar" ref={drawer.ref} inert={drawer.isHidden} onKeyDown={drawer.onKeyDown}>
          <Sidebar
            list={list}
            currentId={id}
            version={facts.version}
            onChoose={drawer.close}
            onClose={drawer.close}
            onRename={(renamed, name) => attempt(list.rename(renamed, name))}
            onDelete={(removed) => attempt(remove(removed))}
          />
        </aside>
        <button type="button" className="scrim" aria-hidden="true" tabIndex={-1} onClick={drawer.close} />
        <Conversation
          key={store.key}
          store={store}
          facts={facts}
          summary={session}
          title={title}
          onMenu={drawer.open}
          onTell={tell}
        />
      </div>
      <Toast message={toast} onClose={closeToast} />
    </SurroundingsContext>
  );
}

function skipToMessage(event: { preventDefault(): void }): void {
  // The fragment is the page's route, so the focus is moved by hand.
  event.preventDefault();
  document.getElementById('message')?.focus();
}

function useToast(): {
  toast: ToastMessage | undefined;
  tell: (text: string, isError: boolean) => void;
  closeToast: () => void;
} {
  const [toast, setToast] = useState<ToastMessage | undefined>();
  const count = useRef(0);
  const tell = useCallback((text: string, isError: boolean) => {
    count.current += 1;
    setToast({ key: count.current, text, isError });
  }, []);
  const closeToast = useCallback(() => setToast(undefined), []);
  return { toast, tell, closeToast };
}

/** The list's drawer on a narrow screen: the focus goes in with it and comes back, and Escape closes it. */
function useDrawer() {
  const isNarrow = useMedia('(max-width: 760px)');
  const [isWanted, setWanted] = useState(false);
  const ref = useRef<HTMLElement>(null);
  const opener = useRef<Element>(null);
  const isOpen = isNarrow && isWanted;

  const open = useCallback(() => {
    opener.current = document.activeElement;
    setWanted(true);
  }, []);
  const close = useCallback(() => setWanted(false), []);
  useEffect(() => {
    if (isOpen) ref.current?.querySelector<HTMLElement>('a, button')?.focus();
    else if (opener.current instanceof HTMLElement) {
      opener.current.focus();
      opener.current = null;
    }
  }, [isOpen]);
  const onKeyDown = (event: { key: string; stopPropagation(): void }): void => {
    if (event.key !== 'Escape' || !isOpen) return;
    event.stopPropagation();
    close();
  };
  return { ref, isOpen, isHidden: isNarrow && !isOpen, open, close, onKeyDown };
}

/** A turn that begins or ends changes the list: its dot, its time, a new conversation's title. */
function useListRefresh(list: SessionList, store: SessionStore): void {
  const turnCount = useSelected(store.state, ({ view }) => view.turns.length);
  const isRunning = useSelected(store.state, ({ view }) => view.running);
  useEffect(() => void list.refresh(), [list, turnCount, isRunning]);
}

/** What a conversation is called while the server has not named it. */
function firstPrompt(view: SessionView): string | undefined {
  const first = view.turns[0]?.blocks[0];
  return first?.kind === 'prompt' ? first.text : view.queue[0]?.text;
}

function useTitle(title: string, isAsking: boolean): void {
  useEffect(() => {
    document.title = `${isAsking ? 'Permission needed · ' : ''}${title} · Colloquy`;
  }, [title, isAsking]);
}
