import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createField, playCommand } from './commands/play-command.ts';

type BashCase = {
  id: string;
  mode: 'default';
  allow: string[];
  ask: string[];
  deny: string[];
  input: { command: string };
  expected: 'allow' | 'not-allow' | 'deny';
  why: string;
};

// The file is ours, and its form is written in it.
const { cases } = JSON.parse(readFileSync(new URL('cases/bash.json', import.meta.url), 'utf8')) as {
  cases: BashCase[];
};

test.each(cases)('$id through query(): $expected, because $why', async (each) => {
  await using field = await createField();
  expect(each.ask).toEqual([]);
  const options = { permissionMode: each.mode, allowedTools: each.allow, disallowedTools: each.deny };
  const { decided, effect, told } = await playCommand(field.cwd, each.input.command, options);
  expect(decided === 'allow' || decided === each.expected ? decided : 'not-allow').toBe(each.expected);
  expect(effect).toBe(false);
  // A denial by a rule names the rule to the model.
  if (decided === 'deny') expect(told).toContain(each.deny[0]);
});
