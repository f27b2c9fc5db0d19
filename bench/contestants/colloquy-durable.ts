import { openClient } from './colloquy-client.ts';
import type { Contestant } from './contestant.ts';
import { TOOL_NAME } from './open-query.ts';

/** The same, kept in SQLite: every prompt and every result is on disk before it is told. */
export const contestant: Contestant = {
  title: 'Colloquy `ClaudeSDKClient`, durable',
  kind: 'ours',
  toolName: TOOL_NAME,
  open: (o) => openClient(o, { persistSession: true }),
};
