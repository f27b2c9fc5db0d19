import type { HttpRequest, HttpResponse } from '../http-send.ts';
import { Refusal, refusalIn, refuse } from '../refusals/refusal.ts';
import { StreamBody } from '../wire/stream-body.ts';
import { refusalAnswer } from './answers.ts';
import { checkHeaders, workspaceOf } from './check-headers.ts';
import type { ExchangeState } from './context.ts';
import { decodeBody } from './decode-body.ts';
import { parseBody, type ParsedBody } from './parse-body.ts';
import { placeOf, type RecordedRequest } from './recorder.ts';
import { findRoute, maxBytesOf, routeOf, type Place } from './routes.ts';

/** Answers one request: the emulator's core, without a socket. Rejects only when the client has gone; what fails here is a 500. */
export async function exchange(
  http: HttpRequest,
  state: ExchangeState,
  o: { needsKey: boolean },
): Promise<HttpResponse> {
  http.signal?.throwIfAborted();
  const requestId = state.ids.next('req', 0);
  let recorded: RecordedRequest | undefined;
  try {
    const { path, query } = placeOf(http.url);
    const place = findRoute(http.method, path);
    const maxBytes = maxBytesOf(place);
    const decoded = decodeBody(http.body, { encoding: http.headers['content-encoding'], maxBytes });
    const body = parseBody(decoded.body, { maxBytes, isForm: place.route?.takesForm === true });
    recorded = state.recorder.record(http, {
      path,
      query,
      parsed: body.value,
      // What is no JSON is not kept.
      bytes: body.isJson ? body.bytes : 0,
      requestId,
      nowMs: state.pacer.clock.now(),
    });
    if (decoded.refusal) throw decoded.refusal;
    const response = await answer({ http, recorded, body, state, place, needsKey: o.needsKey });
    recorded.status = response.status;
    nameWorkspace(response, http);
    // A streamed body ends by itself; any other answer is complete here.
    if (!(response.body instanceof StreamBody)) state.recorder.end(recorded, { aborted: false });
    return response;
  } catch (thrown) {
    const isGone = http.signal?.aborted === true;
    if (recorded !== undefined) state.recorder.end(recorded, { aborted: isGone });
    if (isGone && !(thrown instanceof Refusal)) throw thrown;
    const refusal = refusalIn(thrown);
    if (recorded !== undefined) {
      recorded.status = refusal.status;
      state.recorder.answered(recorded, { error: { type: refusal.type, message: refusal.message } });
    }
    const refused = refusalAnswer(refusal, requestId);
    // Without a credential nobody knows whose workspace it would be.
    if (refusal.status !== 401) nameWorkspace(refused, http);
    return refused;
  }
}

function nameWorkspace({ headers }: HttpResponse, http: HttpRequest): void {
  headers['anthropic-workspace-id'] ??= workspaceOf(http.headers);
}

/** The size counts first, as at the API's edge; then path and method, and only then who asks. */
function answer(o: {
  http: HttpRequest;
  recorded: RecordedRequest;
  body: ParsedBody;
  state: ExchangeState;
  place: Place;
  needsKey: boolean;
}): HttpResponse | Promise<HttpResponse> {
  const { http, recorded, body, state } = o;
  if (body.bytes > body.maxBytes) refuse(`Request exceeds the maximum size of ${body.maxBytes} bytes`, { status: 413 });
  const route = routeOf(o.place, recorded);
  const { version, betas, caller } = checkHeaders(http.headers, { needsKey: o.needsKey, betas: state.betas });
  if (!route.leavesBatches) state.batches.advance(recorded.receivedAtMs, state);
  return route.answer({ http, recorded, body, state, caller, version, betas }, o.place.id);
}
