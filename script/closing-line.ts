// The last lines of script/test: closing-line.ts TALLY-FILE LINT TESTS.
import { readFileSync } from 'node:fs';
import { closingLines, withChecks } from '../test/closing-line.ts';
import type { Tally } from '../test/count-tests.ts';

const [file = '', lint = 'none', tests = 'failed'] = process.argv.slice(2);
const written = readFileSync(file, 'utf8');
// Our own reporter wrote it, or nothing where vitest never came so far.
const tally: Tally =
  written === '' ? { passed: 0, failed: 0, skipped: 0, reasons: {} } : (JSON.parse(written) as Tally);
const { lines, ok } = closingLines(withChecks(tally, lint, tests), process.env['CI'] === 'true');
console.log(lines.join('\n'));
process.exitCode = ok ? 0 : 1;
