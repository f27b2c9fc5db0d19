import type { SDKResultMessage } from 'colloquy';
import { dropLive } from './fold-answer.ts';
import { editLastTurn } from './edit-view.ts';
import { openTurn, takePrompt } from './fold-prompts.ts';
import type { Block, SessionView, TurnEnd } from './view-model.ts';

/** The end of a turn: what it cost, whether it went well, and nothing of it runs any longer. */
export function foldResult(view: SessionView, message: SDKResultMessage): SessionView {
  const last = view.turns.at(-1);
  const isOpen = last !== undefined && last.end === undefined;
  const uuids =
    message.user_message_uuids ?? (message.user_message_uuid === undefined ? [] : [message.user_message_uuid]);
  const opened = isOpen ? view : openTurn(view, message.uuid);
  const taken = uuids.reduce(takePrompt, opened);
  const ended = editLastTurn(dropLive(taken), (turn) => ({
    ...turn,
    blocks: settleCalls(turn.blocks, message.terminal_reason === 'aborted_tools'),
    end: toEnd(message, turn.blocks),
  }));
  return { ...ended, asks: [], running: false, retry: undefined, cost: toCost(message) };
}

/** Nothing runs after the end of a turn: calls without a result were stopped with it, and so were those that the stop broke off. */
function settleCalls(blocks: readonly Block[], wasCut: boolean): readonly Block[] {
  const lastOther = blocks.findLastIndex((block) => block.kind !== 'tool');
  return blocks.map((block, index) => {
    if (block.kind !== 'tool' || block.state === 'denied' || block.state === 'done') return block;
    const wasBrokenOff = wasCut && index > lastOther;
    return block.result === undefined || wasBrokenOff ? { ...block, state: 'stopped' } : block;
  });
}

function toEnd(message: SDKResultMessage, blocks: readonly Block[]): TurnEnd {
  const durationMs = message.duration_ms;
  const details = message.subtype === 'success' ? (message.is_error ? message.result : '') : message.errors.join('\n');
  if (message.terminal_reason === 'aborted_streaming' || message.terminal_reason === 'aborted_tools') {
    return { kind: 'stopped', details: '', durationMs };
  }
  if (message.subtype === 'error_max_turns') return { kind: 'max_turns', details, durationMs };
  if (message.subtype === 'error_max_budget_usd') return { kind: 'budget', details, durationMs };
  if (!message.is_error) return { kind: 'completed', details: '', durationMs };
  // An error that stands in the turn already needs no second telling.
  const isTold = blocks.some((block) => block.kind === 'error');
  return isTold ? { kind: 'completed', details: '', durationMs } : { kind: 'failed', details, durationMs };
}

function toCost(message: SDKResultMessage): SessionView['cost'] {
  const known = Object.values(message.modelUsage).every((usage) => usage.costBasis !== 'unknown');
  return { usd: message.total_cost_usd, known };
}
