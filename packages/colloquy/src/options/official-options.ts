/**
 * Options of the official TypeScript Agent SDK that no engine honours. They are refused by name,
 * because a program that sets one counts on it. @see docs/internals/facts/agent-protocol.md (c)
 */
export const UNSUPPORTED_OPTIONS: ReadonlySet<string> = new Set(['loadTimeoutMs', 'sessionStore', 'sessionStoreFlush']);
