import { ColloquyError } from '../errors.ts';

export type StoreFault = 'full' | 'read_only' | 'corrupt' | 'busy' | 'newer' | 'unavailable' | 'failed';

const WAYS_OUT: Record<StoreFault, string> = {
  full: 'the disk is full: free some space and try again',
  read_only:
    'it cannot be written: check the permissions of the file and its folder, or set COLLOQUY_HOME to a folder of yours',
  corrupt: 'it is damaged or not a Colloquy database: move it away (a new one is made) or restore a backup',
  busy: 'another process has kept it locked for seconds: end that process or try again',
  newer: 'it was written by a newer version of Colloquy: upgrade',
  unavailable: 'it cannot be opened: check that the folder exists and that you may write there, or set COLLOQUY_HOME',
  failed: 'the database refused the operation',
};

/** The place where sessions, or answers, are kept cannot be opened, read or written. What was asked for has not been acknowledged. */
export class StoreError extends ColloquyError {
  override readonly name = 'StoreError';
  readonly code = 'store';
  readonly why: StoreFault;
  readonly path: string;

  constructor(why: StoreFault, path: string, options?: ErrorOptions & { kept?: 'Sessions' | 'Answers' }) {
    const detail = options?.cause instanceof Error ? ` (${options.cause.message})` : '';
    super(`${options?.kept ?? 'Sessions'} are kept in ${path}, but ${WAYS_OUT[why]}${detail}`, options);
    this.why = why;
    this.path = path;
  }
}
