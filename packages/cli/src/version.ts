import { createRequire } from 'node:module';

/** This package's version. */
export function version(): string {
  // The package's own manifest, which has a version.
  return (createRequire(import.meta.url)('../package.json') as { version: string }).version;
}

/** How this command names itself to servers. */
export function userAgent(): string {
  return `colloquy-cli/${version()}`;
}
