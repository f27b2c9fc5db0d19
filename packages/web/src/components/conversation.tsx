import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { explainError } from '../api/http-error.ts';
import type { Answer, ServerFacts, SessionSummary } from '../api/wire.ts';
import { toHash } from '../app/route.ts';
import { useEscape } from '../app/use-escape.ts';
import { useObservable } from '../app/use-observable.ts';
import type { SessionStore } from '../session/session-store.ts';
import type { SessionView } from '../session/view-model.ts';
import { Announcer } from './announcer.tsx';
import { Composer, type ComposerHandle } from './composer.tsx';
import { ConnectionNote } from './connection-note.tsx';
import { EmptyState } from './empty-state.tsx';
import { NoticeScreen } from './notice-screen.tsx';
import { PermissionPanel } from './permission-panel.tsx';
import { SessionHeader } from './session-header.tsx';
import { Transcript } from './transcript.tsx';

type Props = {
  store: SessionStore;
  facts: ServerFacts;
  /** As the list knows it; undefined for a new one. */
  summary: SessionSummary | undefined;
  title: string;
  onMenu: () => void;
  /** Tells the person something that has no place of its own. */
  onTell: (text: string, isError: boolean) => void;
};

/** One conversation: header, transcript, open question, composer. */
export function Conversation({ store, facts, summary, title, onMenu, onTell }: Props): ReactNode {
  const { id, view, connection } = useObservable(store.state);
  const composer = useRef<ComposerHandle>(null);
  const [sentCount, setSentCount] = useState(0);
  const [isStopping, setStopping] = useState(false);

  const send = useCallback(
    (text: string) => {
      setSentCount((count) => count + 1);
      void store.send(text);
    },
    [store],
  );
  const resend = useCallback((uuid: string) => void store.resend(uuid), [store]);
  const edit = useCallback((uuid: string) => composer.current?.restore(store.discard(uuid)), [store]);
  const attempt = useCallback(
    (doing: Promise<void>) => doing.catch((error: unknown) => onTell(explainError(error), true)),
    [onTell],
  );
  const stop = useCallback(() => {
    setStopping(true);
    void attempt(store.stop()).finally(() => setStopping(false));
  }, [store, attempt]);
  const { answer, toldByMe } = useAnswer(store, onTell);
  const answerAndGoOn = useCallback(
    async (request: number, decision: Answer) => {
      await answer(request, decision);
      // The answered question goes, and the focus with it.
      focusWithoutKeyboard(composer.current);
    },
    [answer],
  );

  useEscape(view.running, stop);
  useToldAnswers(view, facts.you, toldByMe, onTell);
  useEffect(() => focusWithoutKeyboard(composer.current), [store]);

  const ask = view.asks[0];
  const isArchived = (summary?.archived_at ?? null) !== null;
  const isGone = connection.state === 'not_found';
  const isEmpty = view.turns.length === 0 && view.queue.length === 0;
  return (
    <main className="conversation">
      <SessionHeader
        title={title}
        facts={facts}
        summary={summary}
        view={view}
        onMode={(mode) => void attempt(store.setMode(mode))}
        onMenu={onMenu}
      />
      <ConnectionNote connection={connection} />
      {isGone ? <Gone /> : isEmpty && connection.state === 'live' ? <EmptyState facts={facts} onSend={send} /> : null}
      {isGone || isEmpty ? null : (
        <Transcript view={view} sentCount={sentCount} onSend={send} onResend={resend} onEdit={edit} />
      )}
      {isGone ? null : (
        <div className="bottom">
          {ask === undefined ? null : (
            <PermissionPanel key={ask.request} ask={ask} further={view.asks.length - 1} onAnswer={answerAndGoOn} />
          )}
          {isArchived ? (
            <p className="archived-note">This conversation is archived: it can be read, and nothing else.</p>
          ) : (
            <Composer
              ref={composer}
              sessionId={id}
              isRunning={view.running}
              isStopping={isStopping}
              onSend={send}
              onStop={stop}
            />
          )}
        </div>
      )}
      <Announcer view={view} />
    </main>
  );
}

/** On a touch screen the focus would raise the keyboard over the page. */
function focusWithoutKeyboard(composer: ComposerHandle | null): void {
  if (matchMedia('(hover: hover)').matches) composer?.focus();
}

function Gone(): ReactNode {
  return (
    <NoticeScreen title="There is no such conversation">
      <p>It was deleted, or it belongs to another server.</p>
      <a className="button primary" href={toHash(undefined)}>
        New conversation
      </a>
    </NoticeScreen>
  );
}

/** Answers, and remembers which answers were ours: only those of others are news. */
function useAnswer(
  store: SessionStore,
  onTell: Props['onTell'],
): { answer: (request: number, decision: Answer) => Promise<void>; toldByMe: (request: number) => boolean } {
  const mine = useRef(new Set<number>());
  const answer = useCallback(
    async (request: number, decision: Answer) => {
      mine.current.add(request);
      const { won, by } = await store.answer(request, decision);
      if (!won) onTell(`${by === '' ? 'Somebody else' : by} answered first.`, false);
    },
    [store, onTell],
  );
  const toldByMe = useCallback((request: number) => mine.current.has(request), []);
  return { answer, toldByMe };
}

/** Tells who answered a question that stood on this page, when it was not this page. */
function useToldAnswers(
  view: SessionView,
  you: string,
  toldByMe: (request: number) => boolean,
  onTell: Props['onTell'],
): void {
  const shown = useRef(new Set<number>());
  const { asks, lastAnswer: last } = view;
  useEffect(() => {
    for (const ask of asks) shown.current.add(ask.request);
  }, [asks]);
  useEffect(() => {
    if (last === undefined || last.behavior === 'withdrawn') return;
    if (!shown.current.has(last.request) || toldByMe(last.request)) return;
    const who = last.by === you ? 'in another window' : `by ${last.by === '' ? 'somebody else' : last.by}`;
    onTell(`${last.name} was ${last.behavior === 'allow' ? 'allowed' : 'denied'} ${who}.`, false);
  }, [last, you, toldByMe, onTell]);
}
