/** What a principal may do: everything; what is its user's; read what is its user's. */
export type Role = 'admin' | 'user' | 'observer';

export const ROLES = ['admin', 'user', 'observer'] as const satisfies readonly Role[];

/** Who makes a request, however the credential came. */
export type Principal = {
  /** Told to other viewers: who answered, who interrupted. */
  readonly name: string;
  /** Whose things it sees and makes. Several keys and pages may be the same user's. */
  readonly user: string;
  readonly role: Role;
  readonly via: 'page' | 'key' | 'worker';
  /** A worker's credential is good for one environment, or for one session, and for nothing else; see `scopes.ts`. */
  readonly scope?: Scope | undefined;
  /** Which credential it was: `streams.ts` asks again whether it is still good for as long as a stream is open. */
  readonly credential: CredentialName;
};

export type Scope = EnvironmentScope | SessionScope;
/** The work queue of an environment, by its id. */
export type EnvironmentScope = { readonly environment: string };
/** A session, by its UUID, and the work item that it is handed out with. */
export type SessionScope = { readonly session: string; readonly environment: string; readonly work: string };

/** A credential by what it is known by here; never its secret. `operator` is the key of the environment, which ends with the process. */
export type CredentialName = { readonly kind: 'page' | 'key' | 'session-token' | 'operator'; readonly id: string };

/** The user whom the printed link signs in, and whose everything is that was made before there were keys. */
export const LOCAL_USER = 'local';
