import type { z } from 'zod';
import { HttpError } from './http-error.ts';

const MAX_PROBLEMS = 5;

/** What a schema makes of a value from outside. @throws HttpError 400 that names each problem with its place. */
export function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, MAX_PROBLEMS).map((issue) => describe(issue));
  throw new HttpError(400, problems.join('; '));
}

function describe(issue: z.core.$ZodIssue): string {
  const place = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys
      .slice(0, MAX_PROBLEMS)
      .map((key) => (place === '' ? key : `${place}.${key}`).slice(0, 200));
    return `${names.join(', ')}: not known here`;
  }
  return place === '' ? issue.message : `${place}: ${issue.message}`;
}
