import { lstatSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

/** node_modules/name/package.json, node_modules/@scope/name/package.json, also further down. */
const MANIFEST = /(^|\/)node_modules\/(@[^/]+\/)?[^/@]+\/package\.json$/;

/** Packages with a package.json of their own in the node_modules of a folder, and the bytes of all files there. */
export function installedIn(folder: string): { packages: number; bytes: number } {
  let packages = 0;
  let bytes = 0;
  const modules = join(folder, 'node_modules');
  for (const entry of readdirSync(modules, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) bytes += lstatSync(path).size;
    if (entry.name === 'package.json' && MANIFEST.test(`node_modules/${relative(modules, path)}`)) packages += 1;
  }
  return { packages, bytes };
}
