import { ColloquyError } from '../errors.ts';
import { wellFormedJson } from '../helpers/well-formed-json.ts';
import type { Json, NewEntry } from '../log/entries.ts';
import { prefixDigest } from '../log/prefix-digest.ts';
import { costUsd, modelInfo } from '../messages-api/models.ts';
import type { Tool } from '../tools/tool.ts';
import { countBody, type RequestHead } from '../views/to-model-request.ts';
import { setAsideOf } from './set-aside.ts';
import type { TurnStop, TurnWorld } from './turn-world.ts';

/** A request about to be made, and what the log says of it first. `reserved` is disposed of when the log says what it has cost. */
export type PlannedRequest = { request: string; head: RequestHead; facts: NewEntry[]; reserved: Disposable };

const DEFAULT_MAX_OUTPUT_TOKENS = 32_000;
/** An answer shorter than this is not worth its input: the budget counts as used up. */
const LEAST_OUTPUT_TOKENS = 1_024;
/** Text has about four bytes a token; two make an estimate that errs on the dear side. */
const LEAST_BYTES_PER_TOKEN = 2;

/** Plans the next request; `undefined` when the budget does not pay for one, or the turn is stopped meanwhile. */
export async function planRequest(
  world: TurnWorld,
  stop: TurnStop,
  attempt: number,
): Promise<PlannedRequest | undefined> {
  const model = world.model();
  const requests = world.state.turn?.requests ?? 0;
  const request = `${world.state.turn?.id ?? ''}.${attempt === 1 ? requests + 1 : requests}`;
  const head: RequestHead = {
    model,
    maxTokens: Math.min(world.limits.maxOutputTokens ?? DEFAULT_MAX_OUTPUT_TOKENS, modelInfo(model).maxOutputTokens),
    system: world.prompt.system,
    tools: world.tools.offered.map((tool) => sentTool(tool).text),
    extras: world.prompt.extras(model),
  };
  const reserved = await reserve(world, head, stop);
  if (reserved === undefined) return undefined;
  head.maxTokens = reserved.maxTokens;
  const segment = newSegment(world, head);
  const facts: NewEntry[] = segment === undefined ? [] : [segment];
  facts.push({
    kind: 'model_request',
    request,
    attempt,
    upTo: world.state.seq,
    maxTokens: head.maxTokens,
    reservedUsd: reserved.reservedUsd,
  });
  return { request, head, facts, reserved: reserved.held };
}

/** A tool as it is sent, and as the log has it. */
type SentTool = { text: string; json: Json };

const sent = new WeakMap<Tool, SentTool>();

/** Made once for each tool, and shared by all sessions that have it: the built-in ones are 20 KB. */
function sentTool(tool: Tool): SentTool {
  const known = sent.get(tool);
  if (known !== undefined) return known;
  const { name, description, inputSchema, deferred } = tool;
  const deferral = deferred === true ? { defer_loading: true } : {};
  const text = wellFormedJson({ name, description, input_schema: inputSchema, ...deferral });
  const made = { text, json: JSON.parse(text) as Json };
  sent.set(tool, made);
  return made;
}

/** Begins a new segment when model, system prompt or tools are not those of the requests before. */
function newSegment(world: TurnWorld, head: RequestHead): (NewEntry & { kind: 'segment' }) | undefined {
  const open = world.state.segment;
  const prefix = (world.tools.prefix ??= prefixDigest(head.system, head.tools));
  if (open !== undefined && open.model === head.model && open.prefix === prefix) return undefined;
  const reason = open === undefined ? 'start' : open.model === head.model ? 'prefix' : 'model';
  return segmentFact(world, head, reason);
}

/** The fact that requests from now on begin with this head. */
export function segmentFact(
  world: TurnWorld,
  head: RequestHead,
  reason: 'start' | 'model' | 'prefix' | 'plain',
): NewEntry & { kind: 'segment' } {
  return {
    kind: 'segment',
    reason,
    model: head.model,
    toolset: world.tools.toolset,
    system: head.system.map((text): Json => JSON.parse(text)),
    tools: world.tools.offered.map((tool) => sentTool(tool).json),
    keepFrom: world.state.segment?.keepFrom ?? 1,
  };
}

const NOTHING: Disposable = { [Symbol.dispose]: () => {} };

type Affordable = { maxTokens: number; reservedUsd: number };
type Reserved = Affordable & { held: Disposable };

/**
 * Reserves the request's counted input and its longest answer at list price; the answer is bounded to what the rest can pay. Where
 * requests of other agents hold the rest, it waits for what they leave.
 */
async function reserve(world: TurnWorld, head: RequestHead, stop: TurnStop): Promise<Reserved | undefined> {
  if (world.budgetUsd() === undefined) return { maxTokens: head.maxTokens, reservedUsd: 0, held: NOTHING };
  const setAside = setAsideOf(world.log);
  const input = await countInput(world, head, stop);
  for (;;) {
    const budgetUsd = world.budgetUsd() ?? Number.POSITIVE_INFINITY;
    const found = affordable(head, input, budgetUsd - world.totals().costUsd - setAside.usd);
    // In the same moment, or another request would count on it too.
    if (found !== undefined) return { ...found, held: setAside.hold(found.reservedUsd) };
    if (setAside.usd === 0) return undefined;
    try {
      await setAside.freed(stop.signal);
    } catch (error) {
      if (stop.cause === undefined) throw error;
      return undefined;
    }
  }
}

function affordable(head: RequestHead, input: number, leftUsd: number): Affordable | undefined {
  const price = (output: number): number =>
    // The whole input counts as a cache write, the dearest that it can be.
    costUsd(head.model, {
      input_tokens: 0,
      output_tokens: output,
      cache_creation_input_tokens: input,
      cache_read_input_tokens: 0,
    }) ?? 0;
  const perToken = (price(1_000_000) - price(0)) / 1_000_000;
  const affordableTokens = perToken === 0 ? head.maxTokens : Math.floor((leftUsd - price(0)) / perToken);
  if (affordableTokens < Math.min(LEAST_OUTPUT_TOKENS, head.maxTokens)) return undefined;
  const maxTokens = Math.min(head.maxTokens, affordableTokens);
  return { maxTokens, reservedUsd: price(maxTokens) };
}

/** The request's input tokens as the API counts them; where it cannot be asked, more than they can be. */
async function countInput(world: TurnWorld, head: RequestHead, stop: TurnStop): Promise<number> {
  const body = countBody(world.history, head);
  try {
    return await world.client.countTokens(body, { signal: stop.signal });
  } catch (error) {
    if (!(error instanceof ColloquyError) && stop.cause === undefined) throw error;
    return Math.ceil(Buffer.byteLength(body) / LEAST_BYTES_PER_TOKEN);
  }
}
