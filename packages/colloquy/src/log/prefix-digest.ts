import { createHash } from 'node:crypto';

/** What tells one system prompt and set of tools from another, each given as the JSON it is sent as. */
export function prefixDigest(system: readonly string[], tools: readonly string[]): string {
  const hash = createHash('sha256');
  for (const json of system) hash.update(json).update('\n');
  hash.update('\n');
  for (const json of tools) hash.update(json).update('\n');
  return hash.digest('base64url');
}
