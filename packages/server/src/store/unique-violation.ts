const SQLITE_CONSTRAINT_UNIQUE = 2067;

/** Whether an index has refused a row because there is another like it; both drivers say so in their own way. */
export function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && error.code === 'SQLITE_CONSTRAINT_UNIQUE') return true;
  return 'errcode' in error && error.errcode === SQLITE_CONSTRAINT_UNIQUE;
}
