import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const SECRET_BYTES = 32;
const SECRET_SHAPE = /^[A-Za-z0-9_-]{43}$/;

/** 256 random bits in base64url: what a link or a cookie carries. Nothing stores it; see `hashSecret`. */
export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/** Whether a text has the shape of a secret of ours, so that nothing else is hashed, compared or looked up. */
export function isSecretShaped(text: string): boolean {
  return SECRET_SHAPE.test(text);
}

/** The form in which secrets are kept: SHA-256 in hex. A random secret of 256 bits needs neither salt nor stretching. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Compares two hashes in a time that does not depend on where they differ. */
export function sameHash(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
