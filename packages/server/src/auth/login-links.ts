import { hashSecret, isSecretShaped, newSecret, sameHash } from './secrets.ts';

/** How long a printed link works. */
export const LINK_LIFETIME_MS = 10 * 60_000;
/** Links that may wait at once; the oldest makes room. */
const MAX_LINKS = 100;

/** The one-time tokens of printed links: 256 random bits each, good once and for ten minutes, kept in memory as hashes. */
export class LoginLinks {
  readonly #links: { hash: string; expiresAt: number }[] = [];

  /** A new token. Earlier ones stay good. */
  create(): string {
    const token = newSecret();
    this.#links.push({ hash: hashSecret(token), expiresAt: Date.now() + LINK_LIFETIME_MS });
    if (this.#links.length > MAX_LINKS) this.#links.shift();
    return token;
  }

  /** Uses a token up: true for the first time within its ten minutes, false ever after and for any other text. */
  redeem(token: string): boolean {
    if (!isSecretShaped(token)) return false;
    const hash = hashSecret(token);
    // Every link is compared, so that the time taken does not tell which one came near.
    const found = this.#links.filter((link) => sameHash(link.hash, hash));
    const [link] = found;
    if (link === undefined) return false;
    this.#links.splice(this.#links.indexOf(link), 1);
    return Date.now() < link.expiresAt;
  }
}
