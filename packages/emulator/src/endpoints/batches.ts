import { createHash } from 'node:crypto';
import { isArchived, toBatchObject, type Batch } from '../batches/batch.ts';
import { bytesAnswer, jsonAnswer } from '../exchange/answers.ts';
import type { Context } from '../exchange/context.ts';
import { jsonOf } from '../exchange/parse-body.ts';
import type { HttpResponse } from '../http-send.ts';
import { checkExtra } from '../refusals/check-fields.ts';
import { refuse } from '../refusals/refusal.ts';
import { isRecord } from '../request/messages-request.ts';
import { pageById } from './page-by-id.ts';

const MAX_REQUESTS = 100_000;
const CUSTOM_ID = /^[a-zA-Z0-9_-]{1,64}$/;

/** `POST /v1/messages/batches`. What is wrong with a single request is told in its result, not here. */
export function createBatch(context: Context): HttpResponse {
  const { body, state, recorded, version, betas, caller } = context;
  const requests = requestsOf(jsonOf(body));
  const batch = state.batches.add({
    id: state.ids.next('msgbatch', 0),
    context: { version, betas, caller },
    createdAtMs: recorded.receivedAtMs,
    requests,
  });
  return batchAnswer(batch, context);
}

/** `GET /v1/messages/batches`: newest first. */
export async function listBatches(context: Context): Promise<HttpResponse> {
  const { state, caller, recorded } = context;
  await state.batches.settled();
  const { data, ...page } = pageById(state.batches.list(caller.workspaceId), new URLSearchParams(recorded.query));
  return jsonAnswer(200, { data: data.map((batch) => shown(batch, context)), ...page }, recorded.requestId);
}

/** `GET /v1/messages/batches/{id}`. */
export async function showBatch(context: Context, id: string): Promise<HttpResponse> {
  const batch = await batchOf(context, id);
  return batchAnswer(batch, context);
}

/** `GET /v1/messages/batches/{id}/results`: a line of JSON for each request, not in their order. */
export async function batchResults(context: Context, id: string): Promise<HttpResponse> {
  const batch = await batchOf(context, id);
  if (batch.endedAtMs === undefined) refuse(`The batch ${id} has not ended yet`);
  if (isArchived(batch, context.recorded.receivedAtMs)) refuse(`The results of ${id} are gone`, { status: 404 });
  // Any order is allowed, so it is one that nobody can take for the order of the requests.
  const lines = batch.entries
    .map(({ customId, result }) => ({
      place: digestOf(customId),
      line: JSON.stringify({ custom_id: customId, result }),
    }))
    .toSorted((a, b) => (a.place < b.place ? -1 : 1))
    .map(({ line }) => `${line}\n`);
  const headers = { 'content-type': 'application/x-jsonl' };
  return bytesAnswer(Buffer.from(lines.join('')), headers, context.recorded.requestId);
}

/** `POST /v1/messages/batches/{id}/cancel`. Called again, it changes nothing. */
export async function cancelBatch(context: Context, id: string): Promise<HttpResponse> {
  const { state, recorded } = context;
  // With no time between requests a batch waits for the next exchange, and this one comes to stop it.
  if (state.batches.requestMs > 0) state.batches.advance(recorded.receivedAtMs, state);
  const batch = await batchOf(context, id);
  if (batch.endedAtMs !== undefined) refuse(`The batch ${id} has ended and cannot be canceled`);
  state.batches.cancel(batch, recorded.receivedAtMs);
  return batchAnswer(batch, context);
}

/** `DELETE /v1/messages/batches/{id}`. */
export async function deleteBatch(context: Context, id: string): Promise<HttpResponse> {
  const batch = await batchOf(context, id);
  if (batch.endedAtMs === undefined) refuse(`The batch ${id} is still being processed; cancel it first`);
  context.state.batches.delete(batch);
  return jsonAnswer(200, { id, type: 'message_batch_deleted' }, context.recorded.requestId);
}

async function batchOf({ state, caller }: Context, id: string): Promise<Batch> {
  await state.batches.settled();
  return state.batches.get(id, caller.workspaceId) ?? refuse(`Message batch not found: ${id}`, { status: 404 });
}

function batchAnswer(batch: Batch, context: Context): HttpResponse {
  return jsonAnswer(200, shown(batch, context), context.recorded.requestId);
}

function shown(batch: Batch, { http, recorded }: Context): ReturnType<typeof toBatchObject> {
  const origin = /^https?:\/\/[^/]+/i.exec(http.url)?.[0] ?? `http://${http.headers.host ?? '127.0.0.1'}`;
  return toBatchObject(batch, { origin, nowMs: recorded.receivedAtMs });
}

function requestsOf(body: unknown): { customId: string; params: unknown }[] {
  if (!isRecord(body)) refuse('The request body must be a JSON object');
  checkExtra(body, ['requests'], 'request');
  const { requests } = body;
  if (!Array.isArray(requests)) refuse('requests: Field required');
  if (requests.length === 0) refuse('requests: at least one request is required');
  if (requests.length > MAX_REQUESTS) refuse(`requests: at most ${MAX_REQUESTS} requests are allowed`);
  const seen = new Set<string>();
  return requests.map((request: unknown, index) => {
    const place = `requests.${index}`;
    if (!isRecord(request)) refuse(`${place}: Input should be an object`);
    checkExtra(request, ['custom_id', 'params'], place);
    const { custom_id: customId, params } = request;
    if (typeof customId !== 'string' || !CUSTOM_ID.test(customId))
      refuse(`${place}.custom_id: String should match pattern '${CUSTOM_ID.source}'`);
    if (seen.has(customId)) refuse(`${place}.custom_id: ${customId} is used twice`);
    seen.add(customId);
    if (!isRecord(params)) refuse(`${place}.params: Input should be an object`);
    return { customId, params };
  });
}

function digestOf(customId: string): string {
  return createHash('sha256').update(customId).digest('hex');
}
