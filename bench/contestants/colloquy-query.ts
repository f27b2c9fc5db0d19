import { type Contestant, KEY } from './contestant.ts';
import { openQuery, TOOL_NAME, type QueryModule } from './open-query.ts';

/** `query()` with prompts that come one by one. */
export const contestant: Contestant = {
  title: 'Colloquy `query()`',
  kind: 'ours',
  toolName: TOOL_NAME,
  async open(o) {
    // The same three functions as the official SDK's, whose types are too narrow to be shared.
    const sdk = (await import('colloquy')) as unknown as QueryModule;
    return openQuery(sdk, () => import('zod'), o, {
      persistSession: false,
      env: { ANTHROPIC_BASE_URL: o.url, ANTHROPIC_API_KEY: KEY },
    });
  },
};
