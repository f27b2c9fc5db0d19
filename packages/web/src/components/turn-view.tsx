import { memo, type ReactNode } from 'react';
import { formatDuration } from '../app/format.ts';
import type { Turn, TurnEnd } from '../session/view-model.ts';
import { BlockView } from './block-view.tsx';
import { CopyButton } from './copy-button.tsx';
import { WarningIcon } from './icons.tsx';

/** A turn: prompt, answer, tool calls, end. Turns are immutable, so a finished one is rendered once. */
export const TurnView = memo(function TurnView({ turn }: { turn: Turn }): ReactNode {
  return (
    <article className="turn">
      {turn.blocks.map((block) => (
        <BlockView key={block.key} block={block} />
      ))}
      {turn.end === undefined ? null : <TurnFoot turn={turn} end={turn.end} />}
    </article>
  );
});

function TurnFoot({ turn, end }: { turn: Turn; end: TurnEnd }): ReactNode {
  const answer = (): string => turn.blocks.flatMap((block) => (block.kind === 'text' ? [block.text] : [])).join('\n\n');
  const hasAnswer = turn.blocks.some((block) => block.kind === 'text');
  const words = WORDS[end.kind];
  return (
    <>
      {words === undefined ? null : (
        <div className={end.kind === 'stopped' ? 'turn-note' : 'turn-note turn-note-warning'}>
          {end.kind === 'stopped' ? null : <WarningIcon />}
          <div>
            <p>{words}</p>
            {end.details === '' ? null : <p className="error-words">{end.details}</p>}
          </div>
        </div>
      )}
      <div className="turn-foot">
        {hasAnswer ? <CopyButton label="Copy answer" getText={answer} /> : null}
        {end.durationMs === undefined ? null : <span>{formatDuration(end.durationMs)}</span>}
      </div>
    </>
  );
}

/** How a turn ended, where that is not plain from what it said. */
const WORDS: Readonly<Record<TurnEnd['kind'], string | undefined>> = {
  completed: undefined,
  stopped: 'Stopped. Send another message to go on from here.',
  max_turns: 'Stopped: the conversation’s limit of steps for one message was reached. Send “continue” to go on.',
  budget: 'Stopped: the conversation’s budget is used up. Start a new conversation to go on.',
  failed: 'This turn failed. Send the message again; what happened so far is kept.',
  lost: 'Interrupted: the server stopped during this turn. What is shown was kept; send the message again to go on.',
};
