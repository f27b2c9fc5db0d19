// The last lines of script/test and script/conformance: closing-line.ts TALLY-FILE LINT TESTS.
// Where COLLOQUY_COUNTS names a file, the closing line goes there too: .ci/run adds up several.
import { readFileSync, writeFileSync } from 'node:fs';
import { closingLines, withChecks } from '../test/closing-line.ts';
import type { Tally } from '../test/count-tests.ts';

const [file = '', lint = 'none', tests = 'failed'] = process.argv.slice(2);
const written = readFileSync(file, 'utf8');
// Our own reporter wrote it, or nothing where vitest never came so far.
const tally: Tally =
  written === '' ? { passed: 0, failed: 0, skipped: 0, reasons: {} } : (JSON.parse(written) as Tally);
const { lines, ok } = closingLines(withChecks(tally, lint, tests), process.env['CI'] === 'true');
console.log(lines.join('\n'));
const counts = process.env['COLLOQUY_COUNTS'];
if (counts !== undefined) writeFileSync(counts, `${lines.at(-1)}\n`);
process.exitCode = ok ? 0 : 1;
