import type { z } from 'zod';
import { HttpError } from './http-error.ts';

const MAX_PROBLEMS = 5;
/** A client that sends a name of megabytes is not sent it back. */
const MAX_PLACE_CHARS = 200;

/** What a schema makes of a value from outside. @throws HttpError 400 that names each problem with its place. */
export function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues
    .flatMap((issue) => plain(issue))
    .slice(0, MAX_PROBLEMS)
    .map((issue) => describe(issue));
  throw new HttpError(400, problems.join('; '));
}

/** Of a value that fits no variant, the problems of the variant that it was meant to be: the one that it comes nearest to. */
function plain(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const variants = issue.errors.filter((problems) => !problems.some(isOtherKind));
  const [meant] = variants.toSorted((a, b) => a.length - b.length);
  return meant?.flatMap((inner) => plain({ ...inner, path: [...issue.path, ...inner.path] })) ?? [issue];
}

/** A string where an object was meant: this is not the variant. */
function isOtherKind(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' && issue.path.length === 0;
}

function describe(issue: z.core.$ZodIssue): string {
  const place = issue.path.map(String).join('.').slice(0, MAX_PLACE_CHARS);
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys
      .slice(0, MAX_PROBLEMS)
      .map((key) => (place === '' ? key : `${place}.${key}`).slice(0, MAX_PLACE_CHARS));
    return `${names.join(', ')}: not known here`;
  }
  return place === '' ? issue.message : `${place}: ${issue.message}`;
}
