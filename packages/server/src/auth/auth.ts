import { join } from 'node:path';
import type { AppOptions } from '../app-options.ts';
import type { Tables } from '../store/tables.ts';
import { ApiKeys } from './api-keys.ts';
import { type Credentials, folderCredentials, memoryCredentials } from './credentials.ts';
import { goodOf, identify } from './identify.ts';
import { LoginLinks } from './login-links.ts';
import { LOCAL_USER, type Principal } from './principal.ts';
import { hashSecret } from './secrets.ts';
import { redeemStoredLink } from './stored-links.ts';
import { Streams } from './streams.ts';
import { SessionTokens } from './worker-credentials.ts';

/** The credentials of a server, and who holds them. */
export type Auth = {
  readonly keys: ApiKeys;
  /** For workers, with the work they take. */
  readonly sessionTokens: SessionTokens;
  readonly pages: Credentials;
  readonly links: LoginLinks;
  /** What is open for longer than a request; every stream and socket is opened here, and ends with its credential. */
  readonly streams: Streams;
  /** Whose a secret is; undefined when it is no credential, or none any longer. */
  identify(secret: string): Promise<Principal | undefined>;
  /** Uses up the token of a link that this process has printed, or that was asked for at the command line. */
  redeemLink(token: string): Promise<boolean>;
  /** Whether several people use this server, as was last found out. */
  hasSeveralUsers(): boolean;
  /** Finds it out. */
  countUsers(): Promise<void>;
};

export function createAuth(o: {
  options: AppOptions;
  tables: () => Promise<Tables>;
  closing: AbortSignal;
  onError: (error: unknown) => void;
}): Auth {
  const { options, tables, closing, onError } = o;
  const keys = new ApiKeys(tables);
  const sessionTokens = new SessionTokens(tables);
  const pages =
    options.dataFolder === undefined ? memoryCredentials() : folderCredentials(join(options.dataFolder, 'credentials'));
  const operatorHash = options.adminKey === undefined ? undefined : hashSecret(options.adminKey);
  const sources = { keys, pages, tokens: sessionTokens, operatorHash, onError };
  const links = new LoginLinks();
  let severalUsers = options.severalUsers === true;
  return {
    keys,
    sessionTokens,
    pages,
    links,
    streams: new Streams({ goodOf: (names) => goodOf(names, sources), closing, onError }),
    async identify(secret) {
      const principal = await identify(secret, sources);
      // A key may have been made by another process since they were counted; before its first use its user has done nothing here.
      if (principal !== undefined && principal.user !== LOCAL_USER) severalUsers = true;
      return principal;
    },
    redeemLink: async (token) => links.redeem(token) || redeemStoredLink(await tables(), token),
    hasSeveralUsers: () => severalUsers,
    async countUsers() {
      severalUsers = options.severalUsers === true || (await keys.haveOtherUsers());
    },
  };
}
