import { expect, test } from 'vitest';
import { closingLines, withChecks } from './closing-line.ts';

const tally = (counts: object) => ({ passed: 0, failed: 0, skipped: 0, reasons: {}, ...counts });

test('the closing line counts what passed and what failed', () => {
  expect(closingLines(tally({ passed: 12 }), false)).toEqual({ lines: ['12 passed, 0 failed'], ok: true });
  expect(closingLines(tally({ passed: 12, failed: 1 }), false)).toEqual({ lines: ['12 passed, 1 failed'], ok: false });
});

test('what was skipped is counted and named, and passes on a machine of one’s own', () => {
  const skipped = tally({ passed: 3, skipped: 2, reasons: { 'browser: chromium was not found': 2 } });
  expect(closingLines(skipped, false)).toEqual({
    lines: ['Skipped: browser: chromium was not found (2)', '3 passed, 0 failed, 2 skipped'],
    ok: true,
  });
});

test('under CI what was skipped has failed', () => {
  const skipped = tally({ passed: 3, skipped: 2, reasons: { 'sandbox: bwrap was not found': 2 } });
  expect(closingLines(skipped, true)).toEqual({
    lines: ['Skipped, which fails under CI=true: sandbox: bwrap was not found (2)', '3 passed, 2 failed'],
    ok: false,
  });
});

test('lint counts as one, and a run that broke without a failed test is not taken for success', () => {
  expect(withChecks(tally({ passed: 3 }), 'passed', 'passed')).toEqual(tally({ passed: 4 }));
  expect(withChecks(tally({ passed: 3 }), 'failed', 'passed')).toEqual(tally({ passed: 3, failed: 1 }));
  expect(withChecks(tally({}), 'none', 'failed')).toEqual(tally({ failed: 1 }));
  expect(withChecks(tally({ passed: 3, failed: 2 }), 'passed', 'failed')).toEqual(tally({ passed: 4, failed: 2 }));
});
