import { ConfigurationError } from '../errors.ts';
import type { HookEvent, HookFields } from '../options/hook-inputs.ts';

/** What the hooks of an event are told apart by. Events that are not named have nothing of the kind: their matchers are passed over. */
const SUBJECTS: { [E in HookEvent]?: (fields: HookFields[E]) => string } = {
  PreToolUse: ({ tool_name }) => tool_name,
  PostToolUse: ({ tool_name }) => tool_name,
  PostToolUseFailure: ({ tool_name }) => tool_name,
  PermissionRequest: ({ tool_name }) => tool_name,
  PermissionDenied: ({ tool_name }) => tool_name,
  SessionStart: ({ source }) => source,
  SessionEnd: ({ reason }) => reason,
  StopFailure: ({ error }) => error,
  SubagentStart: ({ agent_type }) => agent_type,
  SubagentStop: ({ agent_type }) => agent_type,
  PreModelSwitch: ({ to_model }) => to_model,
  PostModelSwitch: ({ to_model }) => to_model,
  Notification: ({ notification_type }) => notification_type,
  FileChanged: ({ file_path }) =>
    file_path.slice(Math.max(file_path.lastIndexOf('/'), file_path.lastIndexOf('\\')) + 1),
  DirectoryAdded: ({ source }) => source,
};

/** Events whose names may hold no space, comma or hyphen: with one, their matcher is a regular expression. */
const NARROW: ReadonlySet<HookEvent> = new Set(['FileChanged', 'StopFailure']);

export function subjectOf<E extends HookEvent>(event: E, fields: HookFields[E]): string | undefined {
  return SUBJECTS[event]?.(fields);
}

/** Whether a matcher is about any of these names; without a name it always is. */
export type MatchTest = (names: readonly string[]) => boolean;

/** @throws ConfigurationError for a matcher that is no regular expression. */
export function matchTest(event: HookEvent, matcher: string | undefined): MatchTest {
  if (matcher === undefined || matcher === '*' || matcher === '') return () => true;
  const wanted = matcherNames(event, matcher);
  if (wanted !== undefined) return anyOf((name) => wanted.includes(name));
  try {
    const pattern = new RegExp(matcher);
    return anyOf((name) => pattern.test(name));
  } catch (cause) {
    throw new ConfigurationError(`The hook matcher ${JSON.stringify(matcher)} is not a regular expression over names`, {
      cause,
    });
  }
}

/** The names that a matcher lists; undefined if it is a regular expression. */
function matcherNames(event: HookEvent, matcher: string): string[] | undefined {
  const isList = NARROW.has(event) ? /^[\w|]+$/.test(matcher) : /^[\w\- ,|]+$/.test(matcher);
  return isList ? matcher.split(/[|,]/).map((name) => name.trim()) : undefined;
}

function anyOf(test: (name: string) => boolean): MatchTest {
  return (names) => names.length === 0 || names.some(test);
}
