/** What a principal may do: everything; what is its user's; read what is its user's. */
export type Role = 'admin' | 'user' | 'observer';

/** Who makes a request, however the credential came. */
export type Principal = {
  /** Told to other viewers: who answered, who interrupted. */
  readonly name: string;
  /** Whose things it sees and makes. Several keys and pages may be the same user's. */
  readonly user: string;
  readonly role: Role;
  readonly via: 'page' | 'key' | 'worker';
  /** Aborted within seconds once the credential is revoked or has expired: its streams end then. */
  readonly revoked: AbortSignal;
  /** A worker's credential is good for one environment, or for one session, and for nothing else. */
  readonly scope?: { readonly environment: string } | { readonly session: string } | undefined;
};

/** The user whom the printed link signs in, and whose everything is that was made before there were keys. */
export const LOCAL_USER = 'local';
