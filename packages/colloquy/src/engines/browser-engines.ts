import { ConfigurationError } from '../errors.ts';
import type { Options } from '../options/options.ts';
import type * as Node from './default-engine.ts';
import type { Engine } from './engine.ts';
import { remoteEngine } from './remote/remote-engine.ts';

/** The engine of a browser: a server's. Options that choose another have been refused. @throws ConfigurationError without a server */
export function engineFor({ send, server }: Pick<Options, 'engine' | 'send' | 'server' | 'verbose'>): Engine {
  return remoteEngine(server, send);
}

/** There is none of this program's own. @throws ConfigurationError */
export function defaultEngine(): Engine {
  return remoteEngine(undefined, undefined);
}

/** No process is started in a browser. */
export const prewarmCli: typeof Node.prewarmCli = () =>
  Promise.reject(new ConfigurationError('The cli engine needs Node'));
