import { useEffect, useState } from 'react';
import type { Api } from '../api/api.ts';
import { createSessionList, type SessionList } from '../session/session-list.ts';

const REFRESH_MS = 15_000;

/** The list of conversations, read again now and then while the page is in view: others may be working too. */
export function useSessionList(api: Api): SessionList {
  const [list] = useState(() => createSessionList(api));
  useEffect(() => {
    const refresh = (): void => {
      if (document.visibilityState === 'visible') void list.refresh();
    };
    refresh();
    const timer = setInterval(refresh, REFRESH_MS);
    document.addEventListener('visibilitychange', refresh);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', refresh);
    };
  }, [list]);
  return list;
}
