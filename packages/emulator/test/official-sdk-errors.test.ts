// Every error class of the official client, from answers of the emulator.
import Anthropic, { APIConnectionError, APIConnectionTimeoutError, APIError, toFile } from '@anthropic-ai/sdk';
import { expect, test } from 'vitest';
import {
  emptyBody,
  errorEvent,
  html,
  manualClock,
  rateLimited,
  stall,
  status,
  text,
  type Reply,
} from '@colloquy/emulator';
import { caught, connected, connectedTo, fields } from './connected.ts';

test.each([
  [400, Anthropic.BadRequestError, 'invalid_request_error'],
  [401, Anthropic.AuthenticationError, 'authentication_error'],
  [402, Anthropic.PaymentRequiredError, 'billing_error'],
  [403, Anthropic.PermissionDeniedError, 'permission_error'],
  [404, Anthropic.NotFoundError, 'not_found_error'],
  [408, Anthropic.RequestTimeoutError, 'timeout_error'],
  [409, Anthropic.ConflictError, 'conflict_error'],
  [412, Anthropic.PreconditionFailedError, 'invalid_request_error'],
  [413, Anthropic.ContentTooLargeError, 'request_too_large'],
  [418, APIError, 'invalid_request_error'],
  [422, Anthropic.UnprocessableEntityError, 'invalid_request_error'],
  [429, Anthropic.RateLimitError, 'rate_limit_error'],
  [431, Anthropic.RequestHeaderFieldsTooLargeError, 'invalid_request_error'],
  [499, Anthropic.ClientClosedRequestError, 'invalid_request_error'],
  [500, Anthropic.InternalServerError, 'api_error'],
  [501, Anthropic.NotImplementedError, 'api_error'],
  [502, Anthropic.InternalServerError, 'api_error'],
  [503, Anthropic.ServiceUnavailableError, 'api_error'],
  [504, Anthropic.GatewayTimeoutError, 'timeout_error'],
  [529, Anthropic.OverloadedError, 'overloaded_error'],
])('status %i becomes the error class of the client, with type and request id', async (code, kind, type) => {
  await using on = await connected(status(code));
  const error = await caught(on.client.messages.create(fields()));
  expect(error).toBeInstanceOf(kind);
  expect(error).toMatchObject({ status: code, type, requestID: on.emulator.requests[0]?.requestId });
});

// Those that messages, batches, files and models can answer with.
test.each([
  [400, 'available_tools_limit_exceeded', Anthropic.AvailableToolsLimitExceededError],
  [400, 'claude_code_key_creator_not_member', Anthropic.ClaudeCodeKeyCreatorNotMemberError],
  [400, 'claude_code_version_too_old', Anthropic.ClaudeCodeVersionTooOldError],
  [400, 'cmek_key_disabled', Anthropic.CMEKKeyDisabledError],
  [400, 'cmek_key_network_blocked', Anthropic.CMEKKeyNetworkBlockedError],
  [400, 'compaction_block_ambiguous', Anthropic.CompactionBlockAmbiguousError],
  [400, 'compaction_block_misplaced', Anthropic.CompactionBlockMisplacedError],
  [400, 'compaction_content_mismatch', Anthropic.CompactionContentMismatchError],
  [400, 'compaction_incomplete_turn', Anthropic.CompactionIncompleteTurnError],
  [400, 'compaction_nothing_to_summarize', Anthropic.CompactionNothingToSummarizeError],
  [400, 'compaction_signature_invalid', Anthropic.CompactionSignatureInvalidError],
  [400, 'compaction_too_many_tool_references', Anthropic.CompactionTooManyToolReferencesError],
  [400, 'compaction_tool_changes_mismatch', Anthropic.CompactionToolChangesMismatchError],
  [400, 'file_not_downloadable', Anthropic.FileNotDownloadableError],
  [400, 'organization_on_hold', Anthropic.OrganizationOnHoldError],
  [400, 'request_body_encoding_invalid', Anthropic.RequestBodyEncodingInvalidError],
  [400, 'request_body_encoding_unsupported', Anthropic.RequestBodyEncodingUnsupportedError],
  [400, 'storage_quota_exceeded', Anthropic.StorageQuotaExceededError],
  [400, 'thread_already_continued', Anthropic.ThreadAlreadyContinuedError],
  [400, 'thread_continue_in_flight', Anthropic.ThreadContinueInFlightError],
  [400, 'thread_fingerprint_mismatch', Anthropic.ThreadFingerprintMismatchError],
  [400, 'thread_unsupported_request', Anthropic.ThreadUnsupportedRequestError],
  [400, 'tool_name_conflict', Anthropic.ToolNameConflictError],
  [400, 'tool_reference_unresolved', Anthropic.ToolReferenceUnresolvedError],
  [400, 'user_profile_required', Anthropic.UserProfileRequiredError],
  [402, 'linked_organization_billing_unavailable', Anthropic.LinkedOrganizationBillingUnavailableError],
  [402, 'linked_organization_spend_limit_reached', Anthropic.LinkedOrganizationSpendLimitReachedError],
  [403, 'user_profile_billing_not_authorized', Anthropic.UserProfileBillingNotAuthorizedError],
  [403, 'user_profile_not_billable', Anthropic.UserProfileNotBillableError],
  [404, 'file_expired', Anthropic.FileExpiredError],
  [404, 'thread_not_found', Anthropic.ThreadNotFoundError],
  [409, 'skill_read_blocked_undecryptable', Anthropic.SkillReadBlockedUndecryptableError],
  [413, 'request_body_too_large_after_decoding', Anthropic.RequestBodyTooLargeAfterDecodingError],
  [429, 'contract_spend_limit_reached', Anthropic.ContractSpendLimitReachedError],
  [429, 'enforced_spend_limit_reached', Anthropic.EnforcedSpendLimitReachedError],
  [429, 'ramp_limit_exceeded', Anthropic.RampLimitExceededError],
  [503, 'cmek_key_unreachable', Anthropic.CMEKKeyUnreachableError],
  [529, 'compaction_unavailable', Anthropic.CompactionUnavailableError],
])('status %i with code %s becomes the class of the code', async (code, errorCode, kind) => {
  await using on = await connected(status(code, { errorCode }));
  const error = await caught(on.client.messages.create(fields()));
  expect(error).toBeInstanceOf(kind);
  expect(error).toMatchObject({ status: code, errorCode, details: { error_code: errorCode } });
});

test('what the emulator itself refuses carries the codes of the API', async () => {
  const clock = manualClock();
  await using on = await connectedTo({ clock, fileStorageBytes: 10 });
  const upload = async (content: string, more: { expires_in_seconds?: number } = {}) =>
    on.client.files.upload({ file: await toFile(Buffer.from(content), 'a.txt', { type: 'text/plain' }), ...more });
  const { id } = await upload('12345', { expires_in_seconds: 3600 });
  expect(await caught(on.client.files.download(id))).toBeInstanceOf(Anthropic.FileNotDownloadableError);
  expect(await caught(upload('123456'))).toBeInstanceOf(Anthropic.StorageQuotaExceededError);
  await clock.advance(3_600_000);
  const document = { type: 'document' as const, source: { type: 'file' as const, file_id: id } };
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: [document] }];
  expect(await caught(on.client.messages.create(fields({ messages })))).toBeInstanceOf(Anthropic.FileExpiredError);
});

test('refusals become the classes of their status', async () => {
  await using on = await connected();
  expect(await caught(on.client.messages.create(fields({ messages: [] })))).toBeInstanceOf(Anthropic.BadRequestError);
  expect(await caught(on.client.messages.create(fields({ model: 'claude-9' })))).toBeInstanceOf(
    Anthropic.NotFoundError,
  );
  const other = on.client.withOptions({ defaultHeaders: { 'x-api-key': 'other' } });
  expect(await caught(other.messages.create(fields()))).toBeInstanceOf(Anthropic.AuthenticationError);
});

test('a key that asks too much is told to wait, and the client waits', async () => {
  const clock = manualClock();
  await using on = await connectedTo({ clock, rateLimits: { requestsPerMinute: 1 } });
  const { response } = await on.client.messages.create(fields()).withResponse();
  expect(response.headers.get('anthropic-ratelimit-requests-remaining')).toBe('0');
  const error = await caught(on.client.messages.create(fields()));
  expect(error).toBeInstanceOf(Anthropic.RateLimitError);
  expect(error).toMatchObject({ type: 'rate_limit_error', headers: expect.any(Headers) });
  expect((error as InstanceType<typeof Anthropic.RateLimitError>).headers.get('retry-after')).toBe('60');
});

test('the client retries a 529 and a 429 after the time that the answer names', async () => {
  await using on = await connected(
    status(529, { headers: { 'retry-after-ms': '1' } }),
    rateLimited({ retryAfterSeconds: 0 }),
    text('At last'),
  );
  const message = await on.client.messages.create(fields(), { maxRetries: 2 });
  expect(message.content).toMatchObject([{ text: 'At last' }]);
  expect(on.emulator.requests.map(({ status: answered }) => answered)).toEqual([529, 429, 200]);
});

test.each<[string, Record<string, string>, number, number[]]>([
  ['retries what it is told to retry', { 'x-should-retry': 'true', 'retry-after-ms': '1' }, 400, [400, 200]],
  ['gives up what it is told to give up', { 'x-should-retry': 'false' }, 529, [529]],
])('the client %s', async (_, headers, code, seen) => {
  await using on = await connected(status(code, { headers }), text('Fine'));
  await caught(on.client.messages.create(fields(), { maxRetries: 1 }));
  expect(on.emulator.requests.map(({ status: answered }) => answered)).toEqual(seen);
});

test('an error event in a stream has its type and no status', async () => {
  await using on = await connected(errorEvent({ afterEvents: 3 }));
  const error = await caught(on.client.messages.stream(fields()).finalMessage());
  expect(error).toBeInstanceOf(APIError);
  expect(error).toMatchObject({ type: 'overloaded_error', status: undefined });
});

test.each<[string, Reply]>([
  ['a page of HTML', html()],
  ['an empty body', emptyBody()],
])('the stream helper rejects %s', async (_, reply) => {
  await using on = await connected(reply);
  expect(await caught(on.client.messages.stream(fields()).finalMessage())).toBeInstanceOf(Anthropic.AnthropicError);
});

test('an answer that does not come is a timeout', async () => {
  await using on = await connected({ ...status(529), delayMs: 60_000 });
  expect(await caught(on.client.messages.create(fields(), { timeout: 50 }))).toBeInstanceOf(APIConnectionTimeoutError);
});

test('a stalled stream is ended by an abort', async () => {
  await using on = await connected(stall({ afterEvents: 4 }));
  const stream = on.client.messages.stream(fields());
  stream.on('text', () => stream.abort());
  expect(await caught(stream.finalMessage())).toBeInstanceOf(Anthropic.APIUserAbortError);
  await on.emulator.idle();
  expect(on.emulator.requests[0]?.aborted).toBe(true);
});

test('a closed emulator is a connection error', async () => {
  const on = await connected();
  await on[Symbol.asyncDispose]();
  expect(await caught(on.client.messages.create(fields()))).toBeInstanceOf(APIConnectionError);
});
