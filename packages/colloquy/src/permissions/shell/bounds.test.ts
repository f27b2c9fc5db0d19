import { describe, expect, test } from 'vitest';
import { analyseCommand } from './analyse-command.ts';
import { MAX_STEPS } from './bounds.ts';
import { decideCommand } from './__fixtures__/decide-command.ts';
import type { CommandRule } from './judge-command.ts';

const ALLOW: CommandRule = { behavior: 'allow', text: 'Bash' };
const ALLOW_ALL_PARTS: CommandRule[] = ['echo *', 'true', 'x *'].map((specifier) => ({
  behavior: 'allow',
  specifier,
  text: `Bash(${specifier})`,
}));
const DENY: CommandRule = { behavior: 'deny', specifier: 'rm *', text: 'Bash(rm *)' };
const ASK: CommandRule = { behavior: 'ask', specifier: 'rm *', text: 'Bash(rm *)' };

const nested = (depth: number, open: string, close: string): string =>
  open.repeat(depth) + 'true' + close.repeat(depth);

describe.each<[string, string]>([
  ['10,000 parts', Array.from({ length: 10_000 }, () => 'true').join(';')],
  ['1,001 parts', Array.from({ length: 1001 }, () => 'true').join('\n')],
  ['1,001 parts without separators of their own', `x ${'$(x)'.repeat(1001)}`],
  ['1 MB in one word', `echo ${'a'.repeat(1024 * 1024)}`],
  ['1 MB in many words', 'echo a '.repeat(150_000)],
  ['5,000 subshells in one another', nested(5000, '( ', ' )')],
  ['5,000 substitutions in one another', `echo ${nested(5000, '$(', ')')}`],
  ['5,000 quoted substitutions', `echo ${nested(5000, '"$(', ')"')}`],
  ['5,000 braces that never close', '{ '.repeat(5000)],
  ['51 subshells', nested(51, '( ', ' )')],
  ['60 wrappers', `${'env '.repeat(60)}true`],
  ['5,000 wrappers', `${'env '.repeat(5000)}true`],
  ['5,000 negations', `${'! '.repeat(5000)}true`],
  ['5,000 conditions', `${'if true; then '.repeat(5000)}true`],
])('%s', (_, command) => {
  test('are looked at in bounded steps', async () => {
    const { steps } = await analyseCommand(command);
    expect(steps).toBeLessThan(MAX_STEPS * 3);
  });

  test('are denied where a deny rule is about the tool, and never allowed by parts', async () => {
    const decide = async (...rules: CommandRule[]): Promise<string> =>
      (await decideCommand(await analyseCommand(command), rules, 'default', WORLD)).behavior;
    const WORLD = { sandbox: 'working' as const, place: async () => 'inside' as const };
    const { tooLarge } = await analyseCommand(command);
    expect(await decide(ALLOW, DENY)).toBe(tooLarge ? 'deny' : 'ask');
    expect(await decide(ALLOW, ASK)).toBe('ask');
    expect(await decide(...ALLOW_ALL_PARTS)).toBe('ask');
    expect(await decide()).toBe('ask');
  });
});

test('a command of nothing but options is soon compared with rules that look behind options', async () => {
  const world = { sandbox: 'none' as const, place: async () => 'inside' as const };
  const rules = ['git * main', 'git push * main', '*it push', 'git push'].map((specifier): CommandRule => ({
    behavior: 'deny',
    specifier,
    text: `Bash(${specifier})`,
  }));
  const options = '-a '.repeat(20_000);
  const decide = async (command: string) =>
    (await decideCommand(await analyseCommand(command), [ALLOW, ...rules], 'default', world)).rule;
  expect(await decide(`git ${options}`)).toBe('Bash');
  expect(await decide(`git ${options} push`)).toBe('Bash(*it push)');
  expect(await decide(`git ${options} push x main`)).toBe('Bash(git * main)');
});

test('a thousand parts, and fifty in one another, are still looked at', async () => {
  const rules = ALLOW_ALL_PARTS;
  const world = { sandbox: 'none' as const, place: async () => 'inside' as const };
  for (const command of [Array.from({ length: 1000 }, () => 'echo').join(';'), nested(49, '( ', ' && echo )')]) {
    const analysis = await analyseCommand(command);
    expect({ unknown: analysis.unknown, tooLarge: analysis.tooLarge }).toEqual({ unknown: undefined, tooLarge: false });
    expect(await decideCommand(analysis, rules, 'default', world)).toMatchObject({ behavior: 'allow' });
  }
});
