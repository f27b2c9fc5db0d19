import { ConfigurationError } from '../errors.ts';
import type * as Node from './node-parts.ts';

// What the direct clients do not have in a browser.

const refused = (what: string) => (): Promise<never> =>
  Promise.reject(new ConfigurationError(`${what} Node; leave it out in a browser`));

export const loadBuiltInRunner: typeof Node.loadBuiltInRunner = refused('A built-in tool needs');
export const loadSmallModel: typeof Node.loadSmallModel = refused('A built-in tool needs');
export const loadToolRegistry: typeof Node.loadToolRegistry = refused('A built-in tool needs');
export const loadUndiciSend: typeof Node.loadUndiciSend = refused('`proxy` and `http2` need');
