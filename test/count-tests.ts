import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';

/** What a run of the tests came to. */
export type Tally = {
  passed: number;
  failed: number;
  skipped: number;
  /** Why tests were skipped, as the tests say it, with how many; without a word of theirs, the test's file. */
  reasons: Record<string, number>;
};

/** Counts tests, and as failed also what broke outside of one: a file that does not load, a hook, an unhandled rejection. */
export function tallyOf(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): Tally {
  const tally: Tally = { passed: 0, failed: unhandledErrors.length, skipped: 0, reasons: {} };
  for (const module of modules) {
    tally.failed += module.errors().length;
    for (const suite of module.children.allSuites()) tally.failed += suite.errors().length;
    for (const test of module.children.allTests()) count(tally, test, relative(process.cwd(), module.moduleId));
  }
  return tally;
}

function count(tally: Tally, test: TestCase, file: string): void {
  const result = test.result();
  if (result.state === 'passed') tally.passed += 1;
  else if (result.state === 'skipped') {
    const reason = result.note ?? file;
    tally.skipped += 1;
    tally.reasons[reason] = (tally.reasons[reason] ?? 0) + 1;
  } else tally.failed += 1;
}

/** Leaves the counts in the file that `COLLOQUY_TALLY` names; `script/test` makes its closing line from it. */
export default class CountTests implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const file = process.env['COLLOQUY_TALLY'];
    if (file !== undefined) writeFileSync(file, JSON.stringify(tallyOf(modules, unhandledErrors)));
  }
}
