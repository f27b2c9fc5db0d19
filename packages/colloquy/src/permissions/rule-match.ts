/**
 * How far a rule reaches a call. `unclear`: it has brackets that are not understood, or the call names nothing that they could be
 * compared with; such a rule never allows, and is never ignored.
 */
export type RuleMatch = 'yes' | 'no' | 'unclear';
