import { isPlainReply } from '../replies/is-reply.ts';
import type { Reply } from '../replies/reply.ts';
import { isRecord, type MessagesRequest } from '../request/messages-request.ts';
import { list, milliseconds, object, optional, required, text, whole, wrong, type Reader } from './data-reader.ts';
import { readMatch } from './read-match.ts';
import { replyReader } from './read-reply.ts';
import type { RequestMatch } from './request-match.ts';
import type { Scenario } from './scenario.ts';

/** A scenario as it is played: checked, and its written replies made into replies. */
export type ReadScenario = {
  seed: number | undefined;
  gapMs: number | undefined;
  replies: readonly ReadReply[];
  otherwise: 'simulate' | 'refuse' | Reply;
};

export type ReadReply = {
  when: RequestMatch | ((request: MessagesRequest) => boolean) | undefined;
  /** `Infinity` for always. */
  times: number;
  reply: Reply;
};

/** Takes data of any origin, such as the JSON of a scenario file, as a scenario. @throws ScenarioError that names the place */
export function parseScenario(scenario: unknown): Scenario {
  readScenario(scenario);
  // Just read: it is one.
  return scenario as Scenario;
}

/** Reads a scenario, be it code or JSON. @throws ScenarioError that names the place, such as `replies[2].faults[0].type`. */
export function readScenario(scenario: unknown): ReadScenario {
  const { seed, gapMs, replies, otherwise = 'simulate' } = fields(scenario, '');
  return { seed, gapMs, replies, otherwise };
}

const readReply = replyReader();

const anyReply: Reader<Reply> = (value, path) => (isMade(value) ? value : readReply(value, path));

const readWhen: Reader<NonNullable<ReadReply['when']>> = (value, path) =>
  // A function is code: what it takes and gives is checked where it is written.
  typeof value === 'function' ? (value as (request: MessagesRequest) => boolean) : readMatch(value, path);

const readTimes: Reader<number> = (value, path) => {
  if (value === 'always') return Infinity;
  return typeof value === 'number'
    ? whole(1)(value, path)
    : wrong(path, 'a whole number of 1 or more, or "always"', value);
};

const conditions = { when: optional(readWhen), times: optional(readTimes) };
const withMadeReply = object({ ...conditions, reply: required(anyReply) });
const onlyConditions = object(conditions);
const readWritten = replyReader(conditions);

const readStep: Reader<ReadReply> = (value, path) => {
  if (isMade(value)) return { when: undefined, times: 1, reply: value };
  if (!isRecord(value)) return wrong(path, 'an object', value);
  if (value.reply !== undefined) {
    const { when, times = 1, reply } = withMadeReply(value, path);
    return { when, times, reply };
  }
  const { when, times = 1 } = onlyConditions({ when: value.when, times: value.times }, path);
  return { when, times, reply: readWritten(value, path) };
};

const fields = object({
  name: optional(text),
  description: optional(text),
  seed: optional(whole(0)),
  gapMs: optional(milliseconds),
  replies: required(list(readStep)),
  otherwise: optional<ReadScenario['otherwise']>((value, path) =>
    value === 'simulate' || value === 'refuse'
      ? value
      : isRecord(value) || typeof value === 'function'
        ? anyReply(value, path)
        : wrong(path, '"simulate", "refuse" or a reply', value),
  ),
});

/**
 * What builders make, and functions: code, which the compiler has checked. Written replies have no `type`; one with it and
 * without the rest is a mistake, which their reader tells.
 */
function isMade(value: unknown): value is Reply {
  return typeof value === 'function' || isPlainReply(value);
}
