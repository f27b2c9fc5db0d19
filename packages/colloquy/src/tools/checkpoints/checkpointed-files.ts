import type { Files } from '../tool.ts';

/** Told before a file is changed; when it fails, the file is left as it is. `files` may read it. */
export type BeforeChange = (files: Files, path: string) => Promise<void>;

/** The same files, whose content is looked at before each change. */
export function checkpointedFiles(files: Files, beforeChange: BeforeChange): Files {
  return {
    resolve: (path) => files.resolve(path),
    locate: (path) => files.locate(path),
    stat: (path) => files.stat(path),
    list: (path, o) => files.list(path, o),
    read: (path, o) => files.read(path, o),
    scan: (path, visit, o) => files.scan(path, visit, o),
    seen: (path) => files.seen(path),
    markSeen: (path, stat) => files.markSeen(path, stat),
    withLeave: (leave) => checkpointedFiles(files.withLeave(leave), beforeChange),
    write: async (path, data, o) => {
      await beforeChange(files, path);
      await files.write(path, data, o);
    },
    remove: async (path) => {
      await beforeChange(files, path);
      await files.remove(path);
    },
  };
}
