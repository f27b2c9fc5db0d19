import { ConfigurationError } from '../errors.ts';
import type { Options } from '../options/options.ts';
import type { Engine } from './engine.ts';
import { remoteEngine } from './remote/remote-engine.ts';

/** The engine that the options choose, in a browser: a server's. The others need files and processes. */
export function engineFor({
  engine,
  send,
  server,
  verbose,
}: Pick<Options, 'engine' | 'send' | 'server' | 'verbose'>): Engine {
  if (engine !== undefined && engine !== 'remote') {
    throw new ConfigurationError(
      `The ${engine} engine needs Node; in a browser a Colloquy server runs the conversation: give \`server: { url }\``,
    );
  }
  if (verbose === true)
    throw new ConfigurationError('Option `verbose` needs an error output to write to; leave it out');
  return remoteEngine(server, send);
}

/** There is none of this program's own. @throws ConfigurationError */
export function defaultEngine(): Engine {
  return remoteEngine(undefined, undefined);
}
