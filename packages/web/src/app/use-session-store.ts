import { useEffect, useRef } from 'react';
import type { Api } from '../api/api.ts';
import { SessionStore } from '../session/session-store.ts';
import { navigate } from './route.ts';

/** The store of the conversation that the address names. A new conversation keeps its store when it gets its id. */
export function useSessionStore(api: Api, id: string | undefined, onCreated: () => void): SessionStore {
  const held = useRef<SessionStore>(undefined);
  if (held.current === undefined || held.current.state.get().id !== id) {
    const created = (newId: string): void => {
      navigate(newId, { replace: true });
      onCreated();
    };
    held.current = new SessionStore(api, { id, onCreated: created });
  }
  const store = held.current;
  useEffect(() => store.follow(), [store]);
  return store;
}
