import type { RequestBlock } from '../request/messages-request.ts';
import type { PlannedBlock } from './plan-blocks.ts';

/** A block as an answer without streaming holds it, and as a client sends it back. */
export function wholeBlock(block: PlannedBlock): RequestBlock {
  const said = block.deltas.join('');
  switch (block.type) {
    case 'text':
      return { type: 'text', text: said, ...(block.citations === undefined ? {} : { citations: block.citations }) };
    case 'thinking':
      return { type: 'thinking', thinking: said, signature: block.signature };
    case 'tool_use':
      return { type: 'tool_use', id: block.id, name: block.name, input: parsedOr(said, {}) };
    case 'block':
      return block.block;
    default:
      return block satisfies never;
  }
}

/** Input that was cut cannot be shown in a whole message: the API gives what it could read, which is nothing here. */
function parsedOr(json: string, otherwise: unknown): unknown {
  try {
    const input: unknown = JSON.parse(json);
    return input;
  } catch (error) {
    if (error instanceof SyntaxError) return otherwise;
    throw error;
  }
}
