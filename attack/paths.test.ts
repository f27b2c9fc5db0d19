import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Options } from 'colloquy';
import { expect, test } from 'vitest';
import { createGround, SECRET, type Tree } from './paths/ground.ts';
import { MORE_CASES, type PathCase } from './paths/more-cases.ts';
import { playCall } from './paths/play-call.ts';

/** Where one of the cases tries to write. */
const ELSEWHERE = '/tmp/colloquy-outside.txt';
const MAX_MS = 2_000;

const refused = { decided: expect.stringMatching(/^(ask|deny)$/), failed: true };
const EXPECTATIONS: Record<PathCase['expected'], object> = {
  allow: { decided: 'allow', failed: false },
  deny: refused,
  'ask-or-deny': refused,
  'deny-or-error': { failed: true },
  error: { failed: true },
  'no-leak': {},
};

// The file is ours, and its form is written in it.
const { base, cases } = JSON.parse(readFileSync(new URL('cases/paths.json', import.meta.url), 'utf8')) as {
  base: Tree;
  cases: PathCase[];
};

test.each([...cases, ...MORE_CASES])('$id through query(): $expected, because $why', async (each) => {
  await rm(ELSEWHERE, { force: true });
  await using ground = await createGround(base, each.tree);
  const before = await ground.outside();
  // Strings of a case name the folder as ROOT.
  const inPlace = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll('ROOT', ground.root));
  const options: Options = {
    cwd: ground.cwd,
    permissionMode: each.mode,
    allowedTools: each.rules?.allow ?? [],
    disallowedTools: each.rules?.deny ?? [],
    ...inPlace(each.options ?? {}),
  };
  const call = { tool: each.tool, input: inPlace(each.input) };
  // An error is one even for somebody who allows everything.
  const played = await playCall(call, each.expected === 'error' ? 'allow' : 'deny', options);

  expect(played).toMatchObject(EXPECTATIONS[each.expected]);
  expect(played.tookMs).toBeLessThan(MAX_MS);
  expect(played.told).not.toContain(SECRET);
  if (each.expected === 'no-leak') expect(played.told).not.toContain('outside');
  expect(await ground.outside()).toEqual(before);
  expect(existsSync(ELSEWHERE)).toBe(false);
  if (each.expected !== 'allow') return;
  if (each.tool === 'Write')
    expect(await ground.text(each.written ?? `work/${String(each.input['file_path'])}`)).toBe('x');
  else expect(played.told).toContain('one');
});
