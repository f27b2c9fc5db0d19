import { createHash, randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../helpers/make-folder.ts';
import { unlessMissing } from '../real-path.ts';

/** Contents of files as they were, each kept once under its digest. Only the user may look into the folder. */
export class BackupFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Keeps a content durably, and gives the name under which it is found again. */
  async save(content: Uint8Array): Promise<string> {
    const name = createHash('sha256').update(content).digest('hex');
    await makeFolder(this.path);
    const temporary = join(this.path, `.${randomUUID()}.tmp`);
    try {
      await using file = await open(temporary, 'wx', 0o600);
      await file.writeFile(content);
      await file.datasync();
      await rename(temporary, join(this.path, name));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    return name;
  }

  /** Undefined when it is not there, or not what it was. */
  async load(name: string): Promise<Uint8Array | undefined> {
    if (!/^[0-9a-f]{64}$/.test(name)) return undefined;
    const content = await unlessMissing(readFile(join(this.path, name)));
    if (content === undefined) return undefined;
    return createHash('sha256').update(content).digest('hex') === name ? content : undefined;
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
