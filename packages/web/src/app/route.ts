import { useSyncExternalStore } from 'react';

/** Where the page is: the fragment of its address. */
export type Route = { kind: 'new' } | { kind: 'session'; id: string } | { kind: 'token'; token: string };

/** Reads a fragment; what is not understood is the start page. */
export function parseRoute(hash: string): Route {
  const [, token] = /^#token=(.+)$/.exec(hash) ?? [];
  if (token !== undefined) return { kind: 'token', token: decode(token) };
  const [, id] = /^#\/s\/([^/]+)$/.exec(hash) ?? [];
  return id === undefined ? { kind: 'new' } : { kind: 'session', id: decode(id) };
}

/** The fragment of a conversation, or of the start page. */
export function toHash(id: string | undefined): string {
  return id === undefined ? '#/' : `#/s/${encodeURIComponent(id)}`;
}

/** The current route; renders again when it changes. */
export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribeToHash, () => location.hash);
  return parseRoute(hash);
}

/** Goes to another conversation; with `replace`, the way back leads past the present one. */
export function navigate(id: string | undefined, o: { replace?: boolean } = {}): void {
  if (o.replace === true) location.replace(toHash(id));
  else location.hash = toHash(id);
}

function subscribeToHash(onChange: () => void): () => void {
  addEventListener('hashchange', onChange);
  return () => removeEventListener('hashchange', onChange);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray percent sign: take the text as it stands.
    return text;
  }
}
