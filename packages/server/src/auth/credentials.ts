import { statSync } from 'node:fs';
import { chmod, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from 'colloquy/internal';
import { z } from 'zod';
import { hashSecret, newSecret } from './secrets.ts';

/** How long a page stays signed in. */
export const CREDENTIAL_LIFETIME_MS = 30 * 24 * 60 * 60_000;
/** Signed-in pages that may exist at once; the oldest are signed out. */
const MAX_CREDENTIALS = 1_000;

/** The credentials of signed-in pages: the secret is with the browser, its hash is here. */
export interface Credentials {
  /** Makes one that works for 30 days; durable when it resolves. */
  issue(): Promise<{ secret: string; expiresAt: number }>;
  /** Whether the page whose secret has this hash is signed in. */
  isGood(hash: string): Promise<boolean>;
  /** Signs a page out, for good when it resolves. */
  end(hash: string): Promise<void>;
}

/** Credentials that end with the process. */
export function memoryCredentials(): Credentials {
  const expiries = new Map<string, number>();
  return {
    async issue() {
      const secret = newSecret();
      const expiresAt = Date.now() + CREDENTIAL_LIFETIME_MS;
      expiries.set(hashSecret(secret), expiresAt);
      for (const oldest of expiries.keys()) {
        if (expiries.size <= MAX_CREDENTIALS) break;
        expiries.delete(oldest);
      }
      return { secret, expiresAt };
    },
    isGood: async (hash) => isFuture(expiries.get(hash)),
    end: async (hash) => void expiries.delete(hash),
  };
}

const CredentialFile = z.looseObject({ expires_at: z.iso.datetime() });
const FILE_NAME = /^[0-9a-f]{64}\.json$/;

/**
 * Credentials that survive a restart: a file each in `folder` (mode 0700, files 0600), named by the secret's hash.
 * A file each, so that two servers on one data folder never overwrite each other's.
 */
export function folderCredentials(folder: string): Credentials {
  const fileOf = (hash: string): string => join(folder, `${hash}.json`);
  /** A file is not changed once it is there: what it says is read once, and whether it is there is looked for every time. */
  const expiries = new Map<string, number>();
  const expiryOf = async (hash: string): Promise<number | undefined> => {
    const known = expiries.get(hash);
    if (known !== undefined) {
      if (statSync(fileOf(hash), { throwIfNoEntry: false }) !== undefined) return known;
      expiries.delete(hash);
      return undefined;
    }
    const expiresAt = await readExpiry(fileOf(hash));
    if (expiries.size >= MAX_CREDENTIALS) expiries.clear();
    if (expiresAt !== undefined) expiries.set(hash, expiresAt);
    return expiresAt;
  };
  return {
    async issue() {
      await makeFolder(folder, 0o700);
      await chmod(folder, 0o700);
      await removeExpired(folder);
      const secret = newSecret();
      const createdAt = Date.now();
      const expiresAt = createdAt + CREDENTIAL_LIFETIME_MS;
      await writeDurably(fileOf(hashSecret(secret)), {
        created_at: new Date(createdAt).toISOString(),
        expires_at: new Date(expiresAt).toISOString(),
      });
      return { secret, expiresAt };
    },
    isGood: async (hash) => isFuture(await expiryOf(hash)),
    end: (hash) => rm(fileOf(hash), { force: true }),
  };
}

async function writeDurably(path: string, value: unknown): Promise<void> {
  // Renamed when whole: another server, tidying this folder up, would take a half-written file for a broken one.
  const file = await open(`${path}.new`, 'wx', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(value)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

/** Milliseconds since 1970; undefined for a file that is absent or broken. */
async function readExpiry(path: string): Promise<number | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
  try {
    return Date.parse(CredentialFile.parse(JSON.parse(text)).expires_at);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}

/** Removes what has expired, and the oldest of what is more than fits. */
async function removeExpired(folder: string): Promise<void> {
  const kept: { path: string; expiresAt: number }[] = [];
  for (const name of await readdir(folder)) {
    if (!FILE_NAME.test(name)) continue;
    const path = join(folder, name);
    const expiresAt = await readExpiry(path);
    if (expiresAt !== undefined && isFuture(expiresAt)) kept.push({ path, expiresAt });
    else await rm(path, { force: true });
  }
  const tooMany = kept
    .toSorted((a, b) => a.expiresAt - b.expiresAt)
    .slice(0, Math.max(0, kept.length - MAX_CREDENTIALS + 1));
  for (const { path } of tooMany) await rm(path, { force: true });
}

function isFuture(expiresAt: number | undefined): boolean {
  return expiresAt !== undefined && Date.now() < expiresAt;
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
