import { ConfigurationError, type Options, type PermissionModeInput } from 'colloquy';
import type { Store } from 'colloquy/internal';
import type { HostEngine } from './live/session-host.ts';

/** What a server is made of. */
export type AppOptions = {
  /** What runs the conversations. Default: the api engine over `store`, which asks for permission at the doors. Closed by its maker. */
  engine?: HostEngine | undefined;
  /** Where conversations are kept, when no `engine` is given. Default: SQLite in the data folder of the user. Closed by its maker. */
  store?: Store | undefined;
  /** Where the tools of a session work, unless it names another folder inside this one or inside `roots`. Absolute. */
  cwd: string;
  /** Further folders that sessions may choose their working folder in. Absolute. */
  roots?: readonly string[] | undefined;
  /** The model of new sessions that name none. */
  model: string;
  /** True when no real model answers but an emulator: the page says so. */
  simulated?: boolean | undefined;
  /** Where the model is, in words for people: a base URL, without its credential. */
  endpoint: string;
  /** Whether commands run confined, for an `engine` of one's own. Default: what is found out by trying. */
  sandbox?: 'none' | 'working' | undefined;
  /** Where no sandbox works, no command runs. Default false: there every command is asked about, unless a rule allows it. */
  requireSandbox?: boolean | undefined;
  /**
   * Several people use this server: where no sandbox works every command is asked about, whatever rules say.
   * Default: as long as there is an API key of another user than `local`, whom the printed link signs in.
   */
  severalUsers?: boolean | undefined;
  /** The permission mode of new sessions that name none. Default `default`. */
  permissionMode?: PermissionModeInput | undefined;
  /** Lets sessions use `bypassPermissions`. Default false: asking for it is a 400. */
  allowUnsandboxed?: boolean | undefined;
  /** Options of every session beneath its own: `env`, `send`, `client`, time-outs. */
  sessionDefaults?: Options | undefined;
  /** An API key with the role admin, as `COLLOQUY_API_KEY` gives it: at least 32 characters, written down nowhere. Default: none. */
  adminKey?: string | undefined;
  /** Where API keys (in `server.db`) and signed-in pages (in `credentials/`) are remembered, so that a restart signs nobody out. Default: in memory. */
  dataFolder?: string | undefined;
  /**
   * Where sessions of the Managed Agents API have their folders, one each, removed with the session. Absolute. Default: beside the data
   * folder, with `-workspaces` behind its name; a temporary one without it.
   */
  sessionFolders?: string | undefined;
  /** The built web page: a folder with `index.html` and `assets/`. Without it, `/` says that there is none. */
  webRoot?: string | undefined;
  /** The origin that browsers reach this server by, such as `https://chat.example.org`, when it is not this machine's loopback. */
  publicOrigin?: string | undefined;
  /** Further `Host` values to answer to, as browsers send them: `name` or `name:port`. */
  allowedHosts?: readonly string[] | undefined;
  /** The port that a loopback `Host` must name. Default: any, since a server that mounts us has its own. */
  port?: number | undefined;
  /** How long a session with no reader and no running turn stays open. Milliseconds; default 60,000. */
  idleSessionMs?: number | undefined;
  /** Sessions open at once; past it idle ones are closed, and if none is idle the answer is 503. Default 1,000. */
  maxOpenSessions?: number | undefined;
  /** Uploads: bytes of one (default 500 MB), and of all together of one user (default 10 GB). */
  files?: { maxFileBytes?: number | undefined; maxBytesPerUser?: number | undefined } | undefined;
  /**
   * Webhooks go to public addresses over https. `allowedHosts` names others, and those that may be reached over http: hosts
   * (`hooks.example.org`), hosts with a port, and addresses (`127.0.0.1:8080`, `10.0.0.0/8`).
   */
  webhooks?: { allowedHosts?: readonly string[] | undefined } | undefined;
  /**
   * How long work of a self-hosted environment stays with a worker that is not heard of, in seconds, where the worker does not say.
   * Workers tell of themselves twice in this time; as late they hear that they are to stop. Default 30.
   */
  workLeaseSeconds?: number | undefined;
  /** Sessions that were quiet for so long are deleted, with all that was made of them. Milliseconds; default: never. */
  deleteAfterMs?: number | undefined;
  /** Told of faults that clients see only as "internal error". Must not throw. Default: nothing is told. */
  onError?: ((error: unknown, requestId: string | undefined) => void) | undefined;
};

/** Checks what types cannot: the combination, and the public origin. @throws ConfigurationError */
export function checkAppOptions(options: AppOptions): void {
  if (options.engine !== undefined && options.store !== undefined) {
    throw new ConfigurationError(
      'createApp() takes an engine, which has its own store, or a store; leave one of them out',
    );
  }
  if (options.permissionMode === 'bypassPermissions' && options.allowUnsandboxed !== true) {
    throw new ConfigurationError('permissionMode "bypassPermissions" on a server needs allowUnsandboxed: true');
  }
  checkPublicOrigin(options.publicOrigin);
  if (options.adminKey !== undefined && !ADMIN_KEY.test(options.adminKey)) {
    throw new ConfigurationError(
      'The admin key (COLLOQUY_API_KEY) must have 32 to 512 visible ASCII characters and no space; "openssl rand -hex 32" makes one',
    );
  }
}

const ADMIN_KEY = /^[\x21-\x7e]{32,512}$/;

/**
 * The public origin must be https, or http on a loopback name: elsewhere browsers send a cookie in the clear,
 * and leave out the headers by which requests of other sites are told apart.
 */
function checkPublicOrigin(publicOrigin: string | undefined): void {
  if (publicOrigin === undefined) return;
  const url = URL.canParse(publicOrigin) ? new URL(publicOrigin) : undefined;
  if (url === undefined || url.origin !== publicOrigin) {
    throw new ConfigurationError(
      `publicOrigin must be an origin such as "https://chat.example.org", not "${publicOrigin}"`,
    );
  }
  const isTrustworthy = url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK_NAMES.has(url.hostname));
  if (!isTrustworthy) {
    throw new ConfigurationError(
      `publicOrigin "${publicOrigin}" must be https: put a proxy with TLS in front, or reach this server through a tunnel as http://localhost`,
    );
  }
}

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
