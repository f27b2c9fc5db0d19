import type { Tally } from './count-tests.ts';

// The last lines of script/test.

/** Adds the other checks: `lint` is passed, failed or none, `tests` is how vitest ended. Lint counts as one test; so does a vitest that failed although no test did. */
export function withChecks(tally: Tally, lint: string, tests: string): Tally {
  const broken = tests === 'failed' && tally.failed === 0;
  return {
    ...tally,
    passed: tally.passed + (lint === 'passed' ? 1 : 0),
    failed: tally.failed + (lint === 'failed' ? 1 : 0) + (broken ? 1 : 0),
  };
}

/** `strict` (CI): what was skipped counts as failed. */
export function closingLines(tally: Tally, strict: boolean): { lines: string[]; ok: boolean } {
  const reasons = Object.entries(tally.reasons).map(([reason, tests]) => `${reason} (${tests})`);
  const failed = tally.failed + (strict ? tally.skipped : 0);
  const skipped = !strict && tally.skipped > 0 ? `, ${tally.skipped} skipped` : '';
  const lines = [`${tally.passed} passed, ${failed} failed${skipped}`];
  if (reasons.length > 0) lines.unshift(`Skipped${strict ? ', which fails under CI=true' : ''}: ${reasons.join('; ')}`);
  return { lines, ok: failed === 0 };
}
