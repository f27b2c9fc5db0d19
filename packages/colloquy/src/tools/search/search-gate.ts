import { lstatSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { secretPart } from '../../permissions/protected-paths.ts';

/**
 * What a search of a whole folder does not show of what it finds, because reading it by name would be asked: files that hold keys,
 * files with several hard links, and what lies behind a link that has been put there meanwhile.
 */
export class SearchGate {
  /** Files that were found and not shown. */
  withheld = 0;
  readonly #folder: string;
  #last: { path: string; isShown: boolean } | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Records of one file come together, so that each file is looked at once. */
  isShown(path: string): boolean {
    if (this.#last?.path !== path) {
      this.#last = { path, isShown: secretPart(path) === undefined && this.#isPlain(join(this.#folder, path)) };
      if (!this.#last.isShown) this.withheld++;
    }
    return this.#last.isShown;
  }

  // At once: this is only asked for files with matches, while the search goes on in another process.
  #isPlain(path: string): boolean {
    try {
      const found = lstatSync(path);
      return found.isFile() && found.nlink === 1 && realpathSync.native(path) === path;
    } catch {
      // Gone, or out of reach by now.
      return false;
    }
  }
}
