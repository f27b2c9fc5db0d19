import type { Decision, SimulatedCall } from 'colloquy/internal';
import { oneLine, plainText } from './plain-text.ts';
import { summariseTool } from './summarise-tool.ts';

const CALL_CHARS = 100;
const PART_CHARS = 80;
/** More changed calls than this are counted, not listed. */
const MAX_LISTED = 200;
const WORDS = { allow: 'allowed', ask: 'asked', deny: 'refused' } as const;
const OUTCOMES = ['allowed', 'asked', 'refused'] as const;

/** A decision for people: what, why, by which rule, and the parts that were looked at. */
export function explanationText(tool: string, input: string, decision: Decision): string {
  const { behavior, source, rule, reason, parts = [], suggestions = [] } = decision;
  return [
    `${WORDS[behavior].toUpperCase()}  ${oneLine(`${tool} ${input}`, CALL_CHARS)}`,
    `  ${plainText(reason)}`,
    `  decided by: ${source === 'none' ? 'nothing allows it' : source}${rule === undefined ? '' : ` ${plainText(rule)}`}`,
    ...(parts.length === 0 ? [] : ['  parts:']),
    ...parts.map((part) => {
      const by = part.rule === undefined ? '' : `  by ${plainText(part.rule)}`;
      return `    ${WORDS[part.behavior].padEnd(8)}${oneLine(part.text, PART_CHARS)}${by}`;
    }),
    ...(suggestions.length === 0 ? [] : ['  would be allowed from then on by:']),
    ...suggestions.map((update) => `    ${JSON.stringify(update)}`),
  ].join('\n');
}

/** What a policy would have changed: the counts, and each call that it changes. */
export function simulationText(file: string, sessions: number, calls: readonly SimulatedCall[]): string {
  const changed = calls.filter(({ was, would }) => was !== would);
  const unknown = calls.filter(({ problem }) => problem !== undefined).length;
  const count = (key: 'was' | 'would', outcome: string): string =>
    String(calls.filter((call) => call[key] === outcome).length).padStart(8);
  return [
    `${file} over ${plural(sessions, 'session')}, ${plural(calls.length, 'call')}`,
    `${''.padEnd(8)}${'was'.padStart(8)}${'would be'.padStart(10)}`,
    ...OUTCOMES.map((outcome) => `${outcome.padEnd(8)}${count('was', outcome)}${count('would', outcome).padStart(10)}`),
    ...(unknown === 0 ? [] : [`${plural(unknown, 'call')} cannot be judged any longer, and count as they were.`]),
    changed.length === 0 ? 'Nothing would have been decided otherwise.' : `Otherwise (${changed.length}):`,
    ...changed.slice(0, MAX_LISTED).map(changeLine),
    ...(changed.length > MAX_LISTED ? [`  … and ${changed.length - MAX_LISTED} more; --json lists them all`] : []),
  ].join('\n');
}

function changeLine({ session, seq, tool, input, was, would, decision }: SimulatedCall): string {
  const call = oneLine(summariseTool(tool, input), CALL_CHARS);
  const why = decision === undefined ? '' : `\n      ${plainText(decision.reason)}`;
  return `  ${session.slice(0, 8)} ${seq}  ${was} → ${would}  ${call}${why}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
