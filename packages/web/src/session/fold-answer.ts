import type { SDKAssistantMessage, SDKPartialAssistantMessage } from 'colloquy';
import type { OpenBlock } from '../api/wire.ts';
import { isRecord } from '../is-record.ts';
import { appendBlock, editLastBlocks, isLive, removeBlocks } from './edit-view.ts';
import { foldAgentStep } from './fold-agents.ts';
import type { Block, BlockRef, SessionView, TextBlock, ThinkingBlock, ToolBlock } from './view-model.ts';

type AnswerBlock = TextBlock | ThinkingBlock | ToolBlock;
type StreamEvent = SDKPartialAssistantMessage['event'];

/** An event of the model's stream: text, thinking or a tool's input grows. */
export function foldStreamEvent(view: SessionView, message: SDKPartialAssistantMessage): SessionView {
  if (message.parent_tool_use_id !== null) return view;
  const { event, api_message_id: id } = message;
  switch (event.type) {
    case 'message_start':
      // What an earlier answer left unfinished was broken off and will not be finished.
      return dropLive({ ...view, retry: undefined }, (ref) => ref.message !== event.message.id);
    case 'content_block_start':
      return startBlock(view, { message: id, index: event.index }, event.content_block);
    case 'content_block_delta':
      return growBlock(view, { message: id, index: event.index }, event.delta);
    default:
      return view;
  }
}

/** The text so far of blocks whose beginning was missed, in place of whatever we had of them. */
export function foldGap(view: SessionView, open: readonly OpenBlock[]): SessionView {
  const cleared = dropLive(view, () => true);
  return open.reduce((next, block) => {
    const ref = { message: block.api_message_id, index: block.index };
    return appendBlock(next, { ...newBlock(ref, 'text'), kind: 'text', text: block.text, aborted: false });
  }, cleared);
}

/** A finished block: it takes the place of its live text. */
export function foldAssistant(view: SessionView, message: SDKAssistantMessage): SessionView {
  if (message.parent_tool_use_id !== null) return foldAgentStep(view, message.parent_tool_use_id, message);
  const superseded = new Set<string>(message.supersedes);
  const kept =
    superseded.size === 0 ? view : removeBlocks(view, (block) => 'uuid' in block && superseded.has(block.uuid ?? ''));
  const current: SessionView = { ...kept, retry: undefined };
  if (message.error !== undefined) {
    const { uuid, error } = message;
    return appendBlock(
      dropLive(current, () => true),
      { kind: 'error', key: uuid, uuid, error, text: errorText(message) },
    );
  }
  return message.message.content.reduce((next, block) => finishBlock(next, message, block), current);
}

/** Removes unfinished blocks: all, or those of certain answers. */
export function dropLive(view: SessionView, which: (ref: BlockRef) => boolean = () => true): SessionView {
  const isDropped = (block: Block): boolean => isLive(block) && 'ref' in block && which(block.ref);
  return editLastBlocks(view, (blocks) =>
    blocks.some(isDropped) ? blocks.filter((block) => !isDropped(block)) : blocks,
  );
}

function startBlock(view: SessionView, ref: BlockRef, content: { type: string }): SessionView {
  const known = findBlock(view, ref);
  // A replayed beginning of a block that we already have.
  if (known !== undefined) return view;
  const block = toBlock(ref, content, undefined);
  return block === undefined ? view : appendBlock(view, block);
}

function growBlock(
  view: SessionView,
  ref: BlockRef,
  delta: Extract<StreamEvent, { type: 'content_block_delta' }>['delta'],
): SessionView {
  const known = findBlock(view, ref);
  if (known === undefined) {
    // We came in the middle of it; a tool's input is of no use without its beginning.
    if (delta.type === 'text_delta') return growBlock(startBlock(view, ref, { type: 'text' }), ref, delta);
    if (delta.type === 'thinking_delta') return growBlock(startBlock(view, ref, { type: 'thinking' }), ref, delta);
    return view;
  }
  const grown = grow(known, delta);
  if (grown === known) return view;
  return editLastBlocks(view, (blocks) => blocks.with(blocks.lastIndexOf(known), grown));
}

function grow(block: AnswerBlock, delta: Extract<StreamEvent, { type: 'content_block_delta' }>['delta']): AnswerBlock {
  if (!isLive(block)) return block;
  if (block.kind === 'text' && delta.type === 'text_delta') return { ...block, text: block.text + delta.text };
  if (block.kind === 'thinking' && delta.type === 'thinking_delta')
    return { ...block, text: block.text + delta.thinking };
  if (block.kind === 'tool' && delta.type === 'input_json_delta')
    return { ...block, inputJson: block.inputJson + delta.partial_json };
  return block;
}

/** The block of the newest turn that a stream event speaks of. An unknown answer id matches any: only one answer streams at a time. */
function findBlock(view: SessionView, ref: BlockRef): AnswerBlock | undefined {
  const blocks = view.turns.at(-1)?.blocks ?? [];
  return blocks.findLast(
    (block): block is AnswerBlock =>
      'ref' in block &&
      block.ref.index === ref.index &&
      (isSameAnswer(block.ref, ref) || (isLive(block) && mayBeSameAnswer(block.ref, ref))),
  );
}

const isSameAnswer = (a: BlockRef, b: BlockRef): boolean => a.message !== undefined && a.message === b.message;
const mayBeSameAnswer = (a: BlockRef, b: BlockRef): boolean => a.message === undefined || b.message === undefined;

function finishBlock(
  view: SessionView,
  message: SDKAssistantMessage,
  content: { type: string; id?: unknown },
): SessionView {
  const blocks = view.turns.at(-1)?.blocks ?? [];
  if (KINDS[content.type] === undefined || blocks.some((block) => 'uuid' in block && block.uuid === message.uuid))
    return view;
  const at = blocks.findIndex((block) => isLiveFormOf(block, message, content));
  const live = blocks[at];
  const answer = message.message.id;
  const ordinal = blocks.filter((block) => 'ref' in block && block.ref.message === answer).length;
  const index = live !== undefined && 'ref' in live ? live.ref.index : ordinal;
  const finished = toBlock({ message: answer, index }, content, message);
  if (live === undefined) return finished === undefined ? view : appendBlock(view, finished);
  return editLastBlocks(view, (all) =>
    finished === undefined ? all.toSpliced(at, 1) : all.with(at, { ...finished, key: live.key }),
  );
}

/** Blocks are told in order, so the oldest live one of the kind is the one that has finished. */
function isLiveFormOf(block: Block, message: SDKAssistantMessage, content: { type: string; id?: unknown }): boolean {
  if (block.kind !== KINDS[content.type] || !isLive(block)) return false;
  if (block.kind === 'tool') return block.toolUseId === content.id;
  const { id } = message.message;
  return 'ref' in block && (block.ref.message === id || block.ref.message === undefined || id === '');
}

const KINDS: Readonly<Record<string, AnswerBlock['kind'] | undefined>> = {
  text: 'text',
  thinking: 'thinking',
  redacted_thinking: 'thinking',
  tool_use: 'tool',
  server_tool_use: 'tool',
};

/** A content block as the page shows it; undefined for blank ones that are finished, and for types the page does not know. */
function toBlock(
  ref: BlockRef,
  content: { type: string; [key: string]: unknown },
  done: SDKAssistantMessage | undefined,
): AnswerBlock | undefined {
  const kind = KINDS[content.type];
  if (kind === undefined) return undefined;
  const base = done === undefined ? newBlock(ref, kind) : { key: done.uuid, ref, uuid: done.uuid };
  if (kind === 'tool') {
    const toolUseId = String(content['id']);
    const input = done !== undefined && isRecord(content['input']) ? content['input'] : undefined;
    return {
      ...base,
      key: toolUseId,
      kind,
      toolUseId,
      name: String(content['name']),
      input,
      ...FRESH_TOOL,
      state: done ? 'running' : 'preparing',
    };
  }
  const text = kind === 'text' ? content['text'] : content['thinking'];
  const shown = typeof text === 'string' ? text : '';
  if (done !== undefined && shown.trim() === '') return undefined;
  return kind === 'text'
    ? { ...base, kind, text: shown, aborted: done?.aborted === true }
    : { ...base, kind, text: shown };
}

const FRESH_TOOL = {
  inputJson: '',
  result: undefined,
  answered: undefined,
  deniedReason: undefined,
  steps: [],
} as const;

function newBlock(ref: BlockRef, kind: string): { key: string; ref: BlockRef; uuid: string | undefined } {
  return { key: `${ref.message ?? 'live'}:${ref.index}:${kind}`, ref, uuid: undefined };
}

/** The engine prefixes what it writes in the model's place; the page says it in its own way. */
function errorText(message: SDKAssistantMessage): string {
  const text = message.message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
  return text.replace(/^API Error:\s*/, '');
}
