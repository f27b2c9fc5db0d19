import type { Difference, Reason } from './harness/differences.ts';
import type { OurColumn } from './harness/program.ts';

/** Rows that differ for the same reason, each with what is different if the reason does not say it. */
const rows = (column: OurColumn, reason: Reason, notes: Readonly<Record<string, string>>): Difference[] =>
  Object.entries(notes).map(([id, note]) => ({ id, column, reason, ...(note === '' ? {} : { note }) }));

const ERRORS = {
  'a.situation.deny-interrupt': 'AbortError is thrown after the result',
  'a.situation.resume-unknown': 'SessionNotFoundError is thrown, without a result',
  'b.query.control-after-end': 'AbortError',
};

/** Every difference that is known, with its reason. Rows whose feature is not built (`later` in rows/) need no entry in api. */
export const DIFFERENCES: readonly Difference[] = [
  { id: 'c.allowDangerouslySkipPermissions', column: 'cli', reason: 'bypass needs its flag' },
  { id: 'c.allowDangerouslySkipPermissions', column: 'api', reason: 'bypass needs its flag' },
  { id: 'c.permissionMode.auto', column: 'cli', reason: 'modes of ours' },
  { id: 'c.permissionMode.auto', column: 'api', reason: 'modes of ours' },
  { id: 'e.order.auto', column: 'cli', reason: 'modes of ours' },
  { id: 'c.resumeDropsTurn', column: 'cli', reason: 'an error of its own' },
  { id: 'c.maxBudgetUsd', column: 'api', reason: 'budget stops before' },
  { id: 'c.agents.background', column: 'api', reason: 'later', note: 'agents work in the foreground' },
  { id: 'g.Agent.background', column: 'api', reason: 'later', note: 'agents work in the foreground' },
  { id: 'd.SessionStart', column: 'api', reason: 'session hooks fire' },
  { id: 'd.SessionEnd', column: 'api', reason: 'session hooks fire' },
  { id: 'd.PermissionDenied', column: 'api', reason: 'later', note: 'ours is told of every denial without a person' },
  { id: 'd.DirectoryAdded', column: 'api', reason: 'later', note: 'ours is told of folders that an answer adds' },
  { id: 'g.TaskOutput', column: 'api', reason: 'later', note: 'ours still has it' },
  ...rows('cli', 'an error of its own', ERRORS),
  ...rows('cli', 'guard of our modes', { 'f.launch.base': '' }),
  ...rows('cli', 'contracts of ours', {
    'f.launch.continue': 'the newest session is looked up and resumed, so that its id is known from the beginning',
  }),

  ...rows('api', 'an error of its own', ERRORS),
  ...rows('api', 'one result per prompt', { 'a.order.prompt-while-streaming': '', 'a.order.prompt-while-tool': '' }),
  ...rows('api', 'budget stops before', { 'a.situation.budget': '' }),
];
