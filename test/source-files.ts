import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'vite';

/** The repository's root. */
export const ROOT = join(import.meta.dirname, '..');

/** Source files of a folder, as paths relative to it, without tests and what tests alone use. */
export function sourceFiles(folder: string): string[] {
  return globSync('**/*.{ts,tsx}', { cwd: join(ROOT, folder) })
    .filter((file) => !/\.test\.tsx?$|(^|\/)(dist|node_modules|__fixtures__|test)\/|-suite\//.test(file))
    .toSorted();
}

/** One `from '…'` or `import('…')`. */
export type Import = {
  target: string;
  /** Gone after compiling: `import type`, or only types between the braces. */
  typeOnly: boolean;
};

/** What a file imports and re-exports, lazily loaded modules included. */
export function importsOf(path: string): Import[] {
  const code = readFileSync(join(ROOT, path), 'utf8');
  const { module, errors } = parseSync(path, code);
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message}`);
  return [
    ...module.staticImports.map((statement) => ({
      target: statement.moduleRequest.value,
      typeOnly: statement.entries.length > 0 && statement.entries.every((entry) => entry.isType),
    })),
    ...module.staticExports.flatMap((statement) =>
      statement.entries.flatMap((entry) =>
        entry.moduleRequest === null ? [] : [{ target: entry.moduleRequest.value, typeOnly: entry.isType }],
      ),
    ),
    ...module.dynamicImports.flatMap(({ moduleRequest: { start, end } }) => {
      const literal = /^['"](.*)['"]$/.exec(code.slice(start, end));
      return literal?.[1] === undefined ? [] : [{ target: literal[1], typeOnly: false }];
    }),
  ];
}
