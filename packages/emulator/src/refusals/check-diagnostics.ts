import { isRecord } from '../request/messages-request.ts';
import { checkExtra } from './check-fields.ts';
import { refuse } from './refusal.ts';

/** `diagnostics`, by which a request asks why the cache did not serve it. */
export function checkDiagnostics(diagnostics: unknown): void {
  if (diagnostics === undefined || diagnostics === null) return;
  if (!isRecord(diagnostics)) refuse('diagnostics: Input should be an object');
  checkExtra(diagnostics, ['previous_message_id'], 'diagnostics');
  const id = diagnostics.previous_message_id;
  if (id !== undefined && id !== null && typeof id !== 'string')
    refuse('diagnostics.previous_message_id: Input should be a valid string');
}
