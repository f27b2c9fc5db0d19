import type { ContentBlock, Usage } from '../messages-api/types.ts';

const CHARS_PER_TOKEN = 4;

/**
 * What an answer that broke off has used. It is billed like any other, but its output is counted only at an answer's end: until
 * then the usage says one token or so. So the output is estimated from what came.
 */
export function usageSoFar(usage: Usage, blocks: readonly ContentBlock[]): Usage {
  const chars = blocks.reduce((sum, block) => sum + charsOf(block), 0);
  return { ...usage, output_tokens: Math.max(usage.output_tokens, Math.ceil(chars / CHARS_PER_TOKEN)) };
}

function charsOf(block: ContentBlock): number {
  switch (block.type) {
    case 'text':
      return block.text.length;
    case 'thinking':
      return block.thinking.length;
    case 'tool_use':
      return JSON.stringify(block.input).length;
    default:
      return 0;
  }
}
