import { createApiEngine } from './api/api-engine.ts';

let shared: ReturnType<typeof createApiEngine> | undefined;

/** The engine behind `query()`, clients, conversations and the session functions: one a process, over the store in the data folder. */
export function defaultEngine(): ReturnType<typeof createApiEngine> {
  return (shared ??= createApiEngine());
}
