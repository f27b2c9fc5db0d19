import { refuse } from './refusal.ts';

/** What the value of a field may be. */
export type FieldRule = { is(value: unknown): boolean; says: string; isRequired?: boolean };

export const STRING: FieldRule = { is: (value) => typeof value === 'string', says: 'Input should be a valid string' };
export const BOOLEAN: FieldRule = {
  is: (value) => typeof value === 'boolean',
  says: 'Input should be a valid boolean',
};
export const LIST: FieldRule = { is: (value) => Array.isArray(value), says: 'Input should be a list' };
export const COUNT: FieldRule = {
  is: (value) => Number.isInteger(value) && Number(value) > 0,
  says: 'Input should be a whole number above 0',
};

/** The rules of some fields. */
export type FieldRules = readonly (readonly [field: string, rule: FieldRule])[];

/** Made once for each kind of object: every block of every request is checked by them. */
export function rulesOf(rules: Readonly<Record<string, FieldRule>>): FieldRules {
  return Object.entries(rules);
}

/** The same rule for a field that must be there. */
export function required(rule: FieldRule): FieldRule {
  return { ...rule, isRequired: true };
}

/** Refuses the first field of `value` that breaks its rule. Absent is as good as null. */
export function checkTypes(value: Readonly<Record<string, unknown>>, rules: FieldRules, place: string): void {
  for (const [field, rule] of rules) {
    const found = value[field] ?? undefined;
    if (found === undefined) {
      if (rule.isRequired) refuse(`${place}.${field}: Field required`);
    } else if (!rule.is(found)) refuse(`${place}.${field}: ${rule.says}`);
  }
}
