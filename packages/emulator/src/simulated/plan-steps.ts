import type { MessagesRequest } from '../request/messages-request.ts';
import type { ToolCall } from '../request/turn-so-far.ts';
import { inputFor, namedTool, offeredTool, type Meaning, type ToolKind } from './offered-tools.ts';
import type { Wish } from './parse-wishes.ts';

export type PlannedCall = { name: string; input: Record<string, unknown> | string };

/** A wish, with what has come of it. */
export type WishOutcome = {
  wish: Wish;
  /** The calls made for it so far, with their results. */
  calls: readonly ToolCall[];
  /** What it needs and the request does not offer. */
  missing: string | undefined;
};

/** Where the turn stands: the calls to make next, or what came of every wish. */
export type Standing =
  | { type: 'call'; calls: readonly PlannedCall[] }
  | { type: 'done'; outcomes: readonly WishOutcome[] };

/** Follows the wishes through the answers given so far; a wish whose first step failed has no second. */
export function standing(
  wishes: readonly Wish[],
  rounds: readonly (readonly ToolCall[])[],
  request: MessagesRequest,
): Standing {
  let round = 0;
  const outcomes: WishOutcome[] = [];
  for (const wish of wishes) {
    const { steps, missing } = stepsOf(wish, request);
    const made: ToolCall[] = [];
    for (const calls of steps) {
      if (made.some(hasFailed)) break;
      const answered = rounds[round];
      if (answered === undefined) return { type: 'call', calls };
      made.push(...answered);
      round += 1;
    }
    outcomes.push({ wish, calls: made, missing });
  }
  return { type: 'done', outcomes };
}

export function hasFailed(call: ToolCall): boolean {
  return call.result === undefined || call.result.isError;
}

type Steps = { steps: readonly (readonly PlannedCall[])[]; missing: string | undefined };

function stepsOf(wish: Wish, request: MessagesRequest): Steps {
  switch (wish.type) {
    case 'read':
      return steps(request, [wish.files.map((path) => ['read', { path }])]);
    case 'run':
      return steps(request, [[['bash', { command: wish.command }]]]);
    case 'edit': {
      const edit = { path: wish.file, oldText: wish.from, newText: wish.to };
      return steps(request, [[['read', { path: wish.file }]], [['edit', edit]]]);
    }
    case 'write':
      return steps(request, [[['write', { path: wish.file, content: wish.content }]]]);
    case 'list':
      return steps(request, [[['glob', { pattern: wish.pattern, path: wish.path }]]]);
    case 'search':
      return steps(request, [[['grep', { pattern: wish.pattern, path: wish.path }]]]);
    case 'call': {
      const tool = namedTool(request, wish.tool);
      return tool
        ? { steps: [[{ name: tool.name, input: wish.json }]], missing: undefined }
        : { steps: [], missing: wish.tool };
    }
    case 'recall':
      return { steps: [], missing: undefined };
    default:
      return wish satisfies never;
  }
}

function steps(request: MessagesRequest, wanted: readonly (readonly [kind: ToolKind, meaning: Meaning][])[]): Steps {
  const missing = wanted.flat().find(([kind]) => offeredTool(request, kind) === undefined)?.[0];
  if (missing !== undefined) return { steps: [], missing };
  const calls = wanted.map((step) => step.flatMap(([kind, meaning]) => callOf(request, kind, meaning)));
  const isOneByOne = request.tool_choice?.disable_parallel_tool_use === true;
  return { steps: isOneByOne ? calls.flatMap((step) => step.map((call) => [call])) : calls, missing: undefined };
}

function callOf(request: MessagesRequest, kind: ToolKind, meaning: Meaning): PlannedCall[] {
  const tool = offeredTool(request, kind);
  return tool ? [{ name: tool.name, input: inputFor(tool, meaning) }] : [];
}
