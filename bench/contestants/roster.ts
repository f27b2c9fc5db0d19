import type { Contestant } from './contestant.ts';

/** In the order of the tables. Files of this folder. */
export const CONTESTANTS = [
  'node-http',
  'raw-fetch',
  'bare-proxy',
  'anthropic-sdk',
  'pi-agent-core',
  'ai-sdk',
  'langgraph',
  'opencode',
  'agent-sdk',
  'colloquy-chat',
  'colloquy-query',
  'colloquy-client',
  'colloquy-durable',
  'colloquy-server',
] as const;

export type ContestantName = (typeof CONTESTANTS)[number];

/** What the ratios are taken to. */
export const FLOOR: ContestantName = 'raw-fetch';

export async function loadContestant(name: ContestantName): Promise<Contestant> {
  return ((await import(`./${name}.ts`)) as { contestant: Contestant }).contestant;
}
