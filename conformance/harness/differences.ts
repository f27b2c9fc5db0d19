import type { OurColumn } from './program.ts';

/** What the design says about differences (docs/internals/design.md), by a short name; the only reasons there are, besides `later`. */
export const REASONS = {
  'one result per prompt': 'each prompt has its own turn and result; `promptQueue: "merge"` gives the official merging',
  '401 fails at once': 'theirs retries for minutes',
  'bypass needs its flag': '`bypassPermissions` needs `allowDangerouslySkipPermissions`',
  'session hooks fire': 'SessionStart and SessionEnd callbacks fire',
  'budget stops before': 'budgets stop before they are crossed, not after',
  'effects wait': 'tools with side effects wait for the end of their message',
  'strict answers': 'overlapping blocks, duplicate tool ids, inputs that are not objects are errors, never run',
  'an error of its own': 'each failure to start has an error of its own, thrown instead of a result',
  'refused at open': 'an option that the engine lacks is a ConfigurationError at `open`',
  'modes of ours': '`auto` is refused with a reason',
  'sandbox decides': 'without a working sandbox no mode and no built-in list allows a Bash call',
  'guard of our modes': '`readOnly` and `strict` are enforced by a PreToolUse callback of ours',
  'contracts of ours':
    'log/entries.ts and engines/engine.ts say what ids, prompts and controls mean, in every engine alike',
  'every call has a result': 'results go back in one user message, one for every tool_use, whatever happened',
  'our own words': 'prompts, descriptions of tools and texts for the model are our own',
  later: 'not built yet',
} as const;

export type Reason = keyof typeof REASONS;

/** A difference that is known and has a reason. One that does not occur any longer is a failure. */
export type Difference = { id: string; column: OurColumn; reason: Reason; note?: string };
