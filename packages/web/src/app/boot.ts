import type { Api } from '../api/api.ts';
import { explainError, HttpError } from '../api/http-error.ts';
import type { ServerFacts } from '../api/wire.ts';
import { parseRoute } from './route.ts';

/** How the page starts: ready, or what stands in its way. */
export type Boot =
  | { state: 'ready'; facts: ServerFacts }
  | { state: 'signed_out'; linkWasRefused: boolean }
  | { state: 'unreachable'; message: string };

/** Takes the one-time token out of the address, so that it stays neither there nor in the history. */
export function takeToken(): string | undefined {
  const route = parseRoute(location.hash);
  if (route.kind !== 'token') return undefined;
  history.replaceState(null, '', `${location.pathname}#/`);
  return route.token;
}

/** Signs in with the token, if there is one, and asks the server what it is. A used link does no harm where the cookie still holds. */
export async function boot(api: Api, token: string | undefined): Promise<Boot> {
  let linkWasRefused = false;
  try {
    if (token !== undefined) await api.exchange(token);
  } catch (error) {
    if (!(error instanceof HttpError)) return { state: 'unreachable', message: explainError(error) };
    linkWasRefused = true;
  }
  try {
    return { state: 'ready', facts: await api.facts() };
  } catch (error) {
    if (error instanceof HttpError && error.status === 401) return { state: 'signed_out', linkWasRefused };
    return { state: 'unreachable', message: explainError(error) };
  }
}
