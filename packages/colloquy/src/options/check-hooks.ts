import { isRecord } from '../helpers/is-record.ts';
import { nearestName } from '../helpers/nearest-name.ts';
import { HOOK_EVENTS, isHookEvent, isLaterEvent } from './hooks.ts';

/** Says what is wrong, or undefined. */
type Check = (value: unknown) => string | undefined;

/** Says what option `hooks` would have to be, after "must be "; `undefined` when it is fine. */
export function checkHooks(value: unknown): string | undefined {
  return checkEvents(value, 'matchers { matcher?, hooks, timeout?, onFailure? }', (hooks) =>
    hooks.every((hook) => typeof hook === 'function') ? undefined : '`hooks` is not an array of functions',
  );
}

/** Like `checkHooks`, for the `hooks` of settings: commands. */
export function checkSettingsHooks(value: unknown): string | undefined {
  return checkEvents(
    value,
    "matchers { matcher?, hooks: [{ type: 'command', command }], timeout?, onFailure? }",
    (hooks) => hooks.map(checkCommand).find((found) => found !== undefined),
  );
}

function checkEvents(
  value: unknown,
  form: string,
  checkList: (hooks: unknown[]) => string | undefined,
): string | undefined {
  if (!isRecord(value)) return 'an object with an array of matchers for each event';
  for (const [event, matchers] of Object.entries(value)) {
    const unknown = checkEvent(event);
    if (unknown !== undefined) return `an object whose keys are hook events; ${unknown}`;
    if (matchers === undefined) continue;
    if (!Array.isArray(matchers))
      return `an object with an array of matchers for each event; that of ${event} is no array`;
    const wrong = matchers.map((matcher) => checkMatcher(matcher, checkList)).find((found) => found !== undefined);
    if (wrong !== undefined) return `made of ${form}; ${event} has one whose ${wrong}`;
  }
  return undefined;
}

function checkEvent(event: string): string | undefined {
  if (isHookEvent(event)) return isLaterEvent(event) ? `the api engine does not fire ${event}` : undefined;
  const meant = nearestName(event, HOOK_EVENTS);
  return meant === undefined ? `there is no event ${event}` : `there is no event ${event}; did you mean ${meant}?`;
}

function checkMatcher(value: unknown, checkList: (hooks: unknown[]) => string | undefined): string | undefined {
  if (!isRecord(value)) return 'form is another';
  const { matcher, hooks, timeout, onFailure } = value;
  if (!Array.isArray(hooks)) return '`hooks` is not an array';
  const wrong = checkList(hooks) ?? checkTimeout(timeout);
  if (wrong !== undefined) return wrong;
  if (onFailure !== undefined && onFailure !== 'continue' && onFailure !== 'block')
    return '`onFailure` is neither continue nor block';
  if (matcher === undefined || matcher === '*') return undefined;
  return typeof matcher === 'string' && isPattern(matcher)
    ? undefined
    : '`matcher` is not a regular expression over names';
}

const checkTimeout: Check = (timeout) =>
  timeout === undefined || (typeof timeout === 'number' && Number.isFinite(timeout) && timeout > 0)
    ? undefined
    : '`timeout` is not a positive number of seconds';

const COMMAND_KEYS: ReadonlySet<string> = new Set(['type', 'command', 'timeout', 'async', 'statusMessage']);

const checkCommand: Check = (value) => {
  if (!isRecord(value)) return '`hooks` holds something that is no object';
  const { type, command, timeout, async } = value;
  if (type !== 'command') return `\`hooks\` has one of type ${JSON.stringify(type)}; only commands run here`;
  if (typeof command !== 'string' || command.trim() === '') return '`hooks` has one without a command';
  if (async !== undefined && typeof async !== 'boolean') return '`hooks` has one whose `async` is not true or false';
  const other = Object.keys(value).find((key) => !COMMAND_KEYS.has(key) && value[key] !== undefined);
  // What limits a hook must not be passed over.
  if (other !== undefined) return `\`hooks\` has one with \`${other}\`, which is not known here`;
  return checkTimeout(timeout);
};

function isPattern(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
