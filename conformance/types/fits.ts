// What it means that a program written against the official types compiles against ours. Checked by public-types.test.ts.

/** The fields that have a name; not what an index signature lets in besides. */
type FieldsOf<T> = T extends unknown ? keyof { [K in keyof T as string extends K ? never : K]: T[K] } : never;
type FieldOf<T, K> = T extends unknown ? (K extends keyof T ? T[K] : never) : never;
type Without<T, K> = T extends unknown ? { [P in keyof T as Exclude<P, K>]: T[P] } : never;
type KeysOf<T> = T extends unknown ? keyof T : never;
/** Fields that a program may name, and that the other type does not have, nor lets in. */
type Lacking<Wanted, Has> = string extends KeysOf<Has> ? never : Exclude<FieldsOf<Wanted>, FieldsOf<Has>>;
/** Fields of both in which the first does not fit where the second is expected. */
type Clashing<From, To> = {
  [K in FieldsOf<From> & FieldsOf<To>]: [FieldOf<From, K>] extends [FieldOf<To, K>] ? never : K;
}[FieldsOf<From> & FieldsOf<To>];
/** Exceptions that nothing needs any longer: they must go. */
type Stale<From, To, Official, Ours, K> = Exclude<K, Lacking<Official, Ours> | Clashing<From, To>>;

type Fits<From, To, K> = [K] extends [never]
  ? [From] extends [To]
    ? true
    : false
  : [Without<From, K>] extends [Without<To, K>]
    ? true
    : false;

type Verdict<From, To, Official, Ours, K> = '*' extends K
  ? [From] extends [To]
    ? { stale: '*' }
    : true
  : [Exclude<Lacking<Official, Ours>, K>] extends [never]
    ? [Stale<From, To, Official, Ours, K>] extends [never]
      ? Fits<From, To, K> extends true
        ? true
        : { clashes: Exclude<Clashing<From, To>, K> }
      : { stale: Stale<From, To, Official, Ours, K> }
    : { lacks: Exclude<Lacking<Official, Ours>, K>; clashes: Exclude<Clashing<From, To>, K> };

/**
 * What programs read: ours fits wherever the official one is expected, and has each of its fields. But for those excepted, each with a
 * reason; `*` excepts the whole type.
 */
export type Gives<Ours, Official, Except = Record<never, never>> = Verdict<
  Ours,
  Official,
  Official,
  Ours,
  keyof Except
>;

/** What programs write: the official one fits wherever ours is expected, and ours has each of its fields. But for those excepted. */
export type Takes<Official, Ours, Except = Record<never, never>> = Verdict<
  Official,
  Ours,
  Official,
  Ours,
  keyof Except
>;

/** A compile error, with what is wrong in it, for all but `true`. */
export type Holds<T extends true> = T;
