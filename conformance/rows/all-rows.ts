import { MESSAGES } from './a-messages.ts';
import { QUERY } from './b-query.ts';
import { OPTIONS } from './c-options.ts';
import { HOOKS } from './d-hooks.ts';
import { PERMISSIONS } from './e-permissions.ts';
import { PROTOCOL } from './f-protocol.ts';
import { TOOLS } from './g-tools.ts';
import { SESSIONS } from './h-sessions.ts';
import { PATTERNS } from './p-patterns.ts';
import type { Row } from './row.ts';

export type { Row } from './row.ts';

/** Every row, by table of docs/internals/facts/agent-protocol.md, and the programs of documented patterns. All of them count, whether a program observes them or not. */
export const TABLES: readonly { letter: string; title: string; rows: readonly Row[] }[] = [
  { letter: 'a', title: 'Messages', rows: MESSAGES },
  { letter: 'b', title: 'Query and functions', rows: QUERY },
  { letter: 'c', title: 'Options', rows: OPTIONS },
  { letter: 'd', title: 'Hooks', rows: HOOKS },
  { letter: 'e', title: 'Permissions', rows: PERMISSIONS },
  { letter: 'f', title: 'Control protocol', rows: PROTOCOL },
  { letter: 'g', title: 'Built-in tools', rows: TOOLS },
  { letter: 'h', title: 'Sessions', rows: SESSIONS },
  { letter: 'p', title: 'Documented patterns', rows: PATTERNS },
];
