/** What the system's word for a failure means to somebody who does not know it. */
const MEANINGS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be touched by this program: permission denied',
  EPERM: 'may not be touched by this program: not permitted',
  EROFS: 'lies on a file system that can only be read',
  EISDIR: 'is a directory, not a file',
  ENOTDIR: 'leads through something that is no folder',
  ELOOP: 'leads through too many links',
  ENAMETOOLONG: 'is too long a path, or has too long a name in it',
  ENOSPC: 'cannot be written: there is no space left on the device',
  EDQUOT: 'cannot be written: the quota is used up',
  EFBIG: 'cannot be written: the file would be too large',
  ETXTBSY: 'cannot be written: a program runs from it',
  EBUSY: 'is in use by the system',
  EMFILE: 'cannot be opened: this program has too many open files',
  ENFILE: 'cannot be opened: the machine has too many open files',
  EIO: 'cannot be read or written: the device failed',
};

/** Says of the path as it was asked for what the system said of the place it leads to. Other errors stay as they are. */
export function toFileError(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error) || typeof error.code !== 'string')
    return error;
  const { code } = error;
  return Object.assign(new Error(`${path} ${MEANINGS[code] ?? `cannot be used (${code})`}.`, { cause: error }), {
    code,
  });
}
