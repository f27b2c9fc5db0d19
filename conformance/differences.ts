import type { Difference } from './harness/differences.ts';

/** Every difference that is known, with its reason. Rows whose feature is not built (`later` in rows/) need no entry in api. */
export const DIFFERENCES: readonly Difference[] = [];
