import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { performancePage } from './performance-page.ts';
import type { Results } from './rows.ts';

const DOCS = join(import.meta.dirname, '../../docs');

/** The committed run. */
export const RESULTS = join(import.meta.dirname, '../results.json');

/** Writes `docs/performance.md` and its plots. */
export function writePage(results: Results, folder = DOCS): void {
  for (const [path, text] of performancePage(results)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** The files that are not what the committed run comes to. */
export function stalePages(): string[] {
  if (!existsSync(RESULTS)) return [];
  const results = JSON.parse(readFileSync(RESULTS, 'utf8')) as Results;
  return [...performancePage(results)].flatMap(([path, text]) => {
    const file = join(DOCS, path);
    return existsSync(file) && readFileSync(file, 'utf8') === text ? [] : [`docs/${path}`];
  });
}
