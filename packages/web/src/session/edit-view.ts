import type { Block, SessionView, ToolBlock, Turn } from './view-model.ts';

// Small changes to an immutable view. Each returns the same object when nothing changed, so that nothing is rendered for nothing.

/** Changes the newest turn. A view without turns stays as it is. */
export function editLastTurn(view: SessionView, edit: (turn: Turn) => Turn): SessionView {
  const last = view.turns.at(-1);
  if (last === undefined) return view;
  const edited = edit(last);
  return edited === last ? view : { ...view, turns: view.turns.with(-1, edited) };
}

/** Changes the blocks of the newest turn. */
export function editLastBlocks(view: SessionView, edit: (blocks: readonly Block[]) => readonly Block[]): SessionView {
  return editLastTurn(view, (turn) => {
    const blocks = edit(turn.blocks);
    return blocks === turn.blocks ? turn : { ...turn, blocks };
  });
}

/** Appends a block to the newest turn. */
export function appendBlock(view: SessionView, block: Block): SessionView {
  return editLastBlocks(view, (blocks) => [...blocks, block]);
}

/** Changes one tool call, wherever it is; the newest turn is searched first. */
export function editTool(view: SessionView, toolUseId: string, edit: (tool: ToolBlock) => ToolBlock): SessionView {
  const turnAt = view.turns.findLastIndex((turn) => toolIndex(turn.blocks, toolUseId) >= 0);
  const turn = view.turns[turnAt];
  if (turn === undefined) return view;
  const blockAt = toolIndex(turn.blocks, toolUseId);
  const tool = turn.blocks[blockAt];
  if (tool?.kind !== 'tool') return view;
  return { ...view, turns: view.turns.with(turnAt, { ...turn, blocks: turn.blocks.with(blockAt, edit(tool)) }) };
}

function toolIndex(blocks: readonly Block[], toolUseId: string): number {
  return blocks.findLastIndex((block) => block.kind === 'tool' && block.toolUseId === toolUseId);
}

/** Removes the blocks that the predicate names; turns without such a block keep their identity. */
export function removeBlocks(view: SessionView, isRemoved: (block: Block) => boolean): SessionView {
  let changed = false;
  const turns = view.turns.map((turn) => {
    if (!turn.blocks.some(isRemoved)) return turn;
    changed = true;
    return { ...turn, blocks: turn.blocks.filter((block) => !isRemoved(block)) };
  });
  return changed ? { ...view, turns } : view;
}

/** True for a block whose text or input still streams in. */
export function isLive(block: Block): boolean {
  return 'uuid' in block && block.uuid === undefined;
}
