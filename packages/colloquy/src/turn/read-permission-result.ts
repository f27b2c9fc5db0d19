import { isRecord } from '../helpers/is-record.ts';
import { jsonCopy } from '../helpers/json-copy.ts';
import type { DecisionClassification, PermissionUpdate } from '../options/permissions.ts';
import { parseUpdate } from '../permissions/parse-update.ts';
import { applyUpdate, type PermissionState } from '../permissions/state.ts';

/** A `canUseTool` answer that has been understood. */
export type PermissionVerdict =
  | ({ behavior: 'allow'; updatedInput: unknown; updates: PermissionUpdate[] } & Classified)
  | ({ behavior: 'deny'; reason: string; interrupt: boolean } & Classified);
type Classified = { classification?: DecisionClassification };

/**
 * Reads what a callback answered. What cannot be understood is a denial, and so is an answer with changes that could not hold:
 * the callback wanted something, and not plainly that the call runs as it is. `updatedInput` is undefined if absent.
 * @throws whatever the answer itself throws when it is looked at
 */
export function readPermissionResult(answer: unknown, state: PermissionState): PermissionVerdict {
  if (!isRecord(answer)) return denied('canUseTool gave no answer that could be understood.');
  const { behavior, updatedInput, updatedPermissions, message, interrupt } = answer;
  const how = classified(answer['decisionClassification']);
  if (behavior === 'deny') {
    const reason = typeof message === 'string' && message.trim() !== '' ? message : 'canUseTool denied the call.';
    return { behavior, reason, interrupt: interrupt === true, ...how };
  }
  if (behavior !== 'allow') return denied('canUseTool gave no answer that could be understood.');
  const input = jsonCopy(updatedInput ?? undefined);
  if (!input.ok) return denied(`canUseTool allowed the call with an input that is not JSON: ${input.problem}`);
  return { behavior, updatedInput: input.value, updates: checkUpdates(updatedPermissions ?? [], state), ...how };
}

/**
 * Permission updates as they came from outside, once it is sure that they can be made, all of them.
 * @throws ConfigurationError otherwise
 */
export function checkUpdates(updates: unknown, state: PermissionState): PermissionUpdate[] {
  const parsed = (Array.isArray(updates) ? updates : [updates]).map(parseUpdate);
  parsed.reduce(applyUpdate, state);
  return parsed;
}

function classified(word: unknown): Classified {
  return word === 'user_temporary' || word === 'user_permanent' || word === 'user_reject'
    ? { classification: word }
    : {};
}

function denied(reason: string): PermissionVerdict {
  return { behavior: 'deny', reason, interrupt: false };
}
