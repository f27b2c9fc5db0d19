import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/**
 * The files of this folder as JavaScript, in a new folder under `.cache`: reading TypeScript takes Node longer than some of what is
 * measured, and no user's program pays for it.
 */
export function stripTypes(): string {
  const cache = join(ROOT, '.cache/bench');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'program-'));
  for (const top of ['bench', 'script']) {
    for (const entry of readdirSync(join(ROOT, top), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
      const from = join(entry.parentPath, entry.name);
      const to = from.replace(ROOT, folder).replace(/\.ts$/, '.js');
      mkdirSync(dirname(to), { recursive: true });
      const text = stripTypeScriptTypes(readFileSync(from, 'utf8'));
      writeFileSync(to, text.replaceAll(/(?<=['"`][^'"`\n]*)\.ts(?=['"`])/g, '.js'));
    }
  }
  return join(folder, 'bench');
}
