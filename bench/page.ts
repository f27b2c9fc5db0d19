// script/bench --page [FILE] [FOLDER]: docs/performance.md and its plots from the committed run, or from another one.
import { readFileSync } from 'node:fs';
import type { Results } from './report/rows.ts';
import { RESULTS, writePage } from './report/write-page.ts';

const [file = RESULTS, folder] = process.argv.slice(2);
writePage(JSON.parse(readFileSync(file, 'utf8')) as Results, folder);
