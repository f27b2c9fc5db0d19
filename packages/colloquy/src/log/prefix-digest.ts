import { hash } from 'node:crypto';

/** What tells one system prompt and set of tools from another, each given as the JSON it is sent as. */
export function prefixDigest(system: readonly string[], tools: readonly string[]): string {
  return hash('sha256', [...system, '', ...tools, ''].join('\n'), 'base64url');
}
