import type { Ids } from '../exchange/ids.ts';
import type { CheckedRequest } from '../refusals/check-request.ts';
import { REDACTED, signThinking } from '../request/thinking-signature.ts';
import { cutJson } from './cut-deltas.ts';
import { OutputBudget } from './output-budget.ts';
import type { RawBlock, RawData, ReplyBlock } from './reply.ts';
import { ServerTools, type ServerToolCounts } from './server-tools.ts';
import { cutAtStop } from './stop-sequences.ts';

export type PlannedBlock =
  | { type: 'text'; deltas: readonly string[]; citations?: readonly RawData[] | undefined }
  | { type: 'thinking'; deltas: readonly string[]; signature: string }
  | { type: 'tool_use'; id: string; name: string; deltas: readonly string[] }
  | { type: 'block'; block: RawData; start: RawData; rawDeltas: readonly RawData[]; deltas: readonly string[] };

/** Tokens by which redacted thinking is billed. */
const REDACTED_DELTAS = ['x'.repeat(400)];

/** Makes the blocks of an answer, one after another, until something ends it. */
export class BlockPlanner {
  readonly blocks: PlannedBlock[] = [];
  readonly budget: OutputBudget;
  thinkingBytes = 0;
  laterInputBytes = 0;
  /** The stop sequence that has ended the answer. */
  stopped: string | undefined;
  readonly #checked: CheckedRequest;
  readonly #ids: Ids;
  #serverTools: ServerTools | undefined;

  constructor(checked: CheckedRequest, ids: Ids) {
    this.budget = new OutputBudget(checked);
    this.#checked = checked;
    this.#ids = ids;
  }

  /** How often the API's own tools have worked; undefined when the answer uses none. */
  get serverTools(): ServerToolCounts | undefined {
    return this.#serverTools?.worked;
  }

  /** Adds what fits of a block; false when the answer ends here. */
  add(block: ReplyBlock): boolean {
    if (this.budget.isExceeded) return false;
    switch (block.type) {
      case 'text':
        this.#addText(block);
        break;
      case 'thinking':
      case 'redacted_thinking':
        if (thinks(this.#checked)) this.#addThinking(block);
        break;
      case 'tool_use':
        this.#addToolUse(block);
        break;
      case 'web_search':
      case 'web_fetch':
        this.#serverTools ??= new ServerTools(this.#checked, this.#ids);
        return this.#serverTools.run(block).every((raw) => this.add(raw));
      case 'block':
        this.#addRaw(block);
        break;
      default:
        block satisfies never;
    }
    return !this.budget.isExceeded && this.stopped === undefined;
  }

  #addText({ deltas: all, citations }: ReplyBlock & { type: 'text' }): void {
    const { deltas: said, stopped } = cutAtStop(all, this.#checked.request.stop_sequences);
    const deltas = this.#take(said);
    if (!this.budget.isExceeded) this.stopped = stopped;
    if (deltas.length === 0 && (stopped !== undefined || this.budget.isExceeded)) return;
    const isWhole = stopped === undefined && !this.budget.isExceeded;
    this.blocks.push({ type: 'text', deltas, ...(isWhole && citations !== undefined ? { citations } : {}) });
  }

  #addThinking(block: ReplyBlock & { type: 'thinking' | 'redacted_thinking' }): void {
    const before = this.budget.spentBytes;
    const deltas = this.#take(block.type === 'thinking' ? block.deltas : REDACTED_DELTAS);
    this.thinkingBytes += this.budget.spentBytes - before;
    if (deltas.length === 0 && this.budget.isExceeded) return;
    if (block.type === 'redacted_thinking') {
      const redacted = { type: 'redacted_thinking', data: this.#sign(REDACTED) };
      this.blocks.push({ type: 'block', block: redacted, start: redacted, rawDeltas: [], deltas: [] });
      return;
    }
    const shown = displays(this.#checked) ? deltas : [];
    this.blocks.push({ type: 'thinking', deltas: shown, signature: this.#sign(shown.join('')) });
  }

  #addToolUse(block: ReplyBlock & { type: 'tool_use' }): void {
    const json = typeof block.input === 'string' ? block.input : JSON.stringify(block.input);
    const deltas = this.#take(cutJson(json));
    if (deltas.length === 0 && this.budget.isExceeded) return;
    const id = block.id ?? this.#ids.next('toolu', this.#checked.request.messages.length);
    this.blocks.push({ type: 'tool_use', id, name: block.name, deltas });
  }

  /** Sent whole or not at all. */
  #addRaw({ block, start, deltas = [], counts }: RawBlock): void {
    const json = JSON.stringify(block);
    if (counts === 'input') this.laterInputBytes += Buffer.byteLength(json);
    else if (counts !== 'nothing' && (this.#take([json]).length === 0 || this.budget.isExceeded)) return;
    this.blocks.push({ type: 'block', block, start: start ?? block, rawDeltas: deltas, deltas: [] });
  }

  #take(deltas: readonly string[]): readonly string[] {
    return this.budget.take(deltas);
  }

  #sign(thinking: string): string {
    const { sent, model } = this.#checked;
    return signThinking(thinking, { model: model.id, prefix: sent.digestUpTo(sent.chains.messages.length) });
  }
}

function thinks({ request, model }: CheckedRequest): boolean {
  return request.thinking === undefined ? model.thinksByDefault : request.thinking.type !== 'disabled';
}

function displays({ request, model }: CheckedRequest): boolean {
  return (request.thinking?.display ?? model.display) !== 'omitted';
}
