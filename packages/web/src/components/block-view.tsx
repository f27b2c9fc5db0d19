import { memo, type ReactNode } from 'react';
import { Markdown } from '../markdown/markdown.tsx';
import { isLive } from '../session/edit-view.ts';
import type { Block, ThinkingBlock } from '../session/view-model.ts';
import { ErrorNote } from './error-note.tsx';
import { ChevronIcon } from './icons.tsx';
import { PromptBubble } from './prompt-bubble.tsx';
import { ToolCard } from './tool-card.tsx';

/** One block of a turn. Blocks are immutable, so a finished one is rendered once. */
export const BlockView = memo(function BlockView({ block }: { block: Block }): ReactNode {
  switch (block.kind) {
    case 'prompt':
      return <PromptBubble text={block.text} />;
    case 'text':
      return (
        <div className={isLive(block) ? 'answer-text live' : 'answer-text'}>
          <Markdown text={block.text} />
        </div>
      );
    case 'thinking':
      return <Thinking block={block} />;
    case 'tool':
      return <ToolCard tool={block} />;
    case 'error':
      return <ErrorNote error={block.error} text={block.text} />;
    case 'notice':
      return <p className={`notice notice-${block.level}`}>{block.text}</p>;
    default:
      return block satisfies never;
  }
});

function Thinking({ block }: { block: ThinkingBlock }): ReactNode {
  return (
    <details className="thinking">
      <summary>
        <ChevronIcon />
        {isLive(block) ? 'Thinking…' : 'Thought'}
      </summary>
      <div className="thinking-text">{block.text}</div>
    </details>
  );
}
