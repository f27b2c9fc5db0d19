import { memo, type ReactNode, useEffect } from 'react';
import { useStickToBottom } from '../app/use-stick-to-bottom.ts';
import type { SessionView } from '../session/view-model.ts';
import { Activity } from './activity.tsx';
import { DownIcon } from './icons.tsx';
import { PromptBubble } from './prompt-bubble.tsx';
import { QueuedPrompts, startingPrompt } from './queued-prompts.tsx';
import { SendAgain } from './send-again.tsx';
import { TurnView } from './turn-view.tsx';

type Props = {
  view: SessionView;
  /** Counts what this page has sent: each sending brings the end into view. */
  sentCount: number;
  onSend: (text: string) => void;
  onResend: (uuid: string) => void;
  onEdit: (uuid: string) => void;
};

/** The conversation, scrolled to its end while it grows, until the person scrolls away. */
export const Transcript = memo(function Transcript({ view, sentCount, onSend, onResend, onEdit }: Props): ReactNode {
  const { scrollRef, contentRef, isAtBottom, jump } = useStickToBottom();
  useEffect(() => jump(), [sentCount, jump]);
  const starting = startingPrompt(view);
  return (
    <div className="transcript-frame">
      <div className="transcript" ref={scrollRef} tabIndex={0} role="log" aria-live="off" aria-label="Conversation">
        <div className="column" ref={contentRef}>
          {view.turns.map((turn) => (
            <TurnView key={turn.key} turn={turn} />
          ))}
          {starting === undefined ? null : <PromptBubble text={starting.text} />}
          <Activity view={view} />
          <SendAgain view={view} onSend={onSend} />
          <QueuedPrompts view={view} onResend={onResend} onEdit={onEdit} />
        </div>
      </div>
      {isAtBottom ? null : (
        <button type="button" className="jump-button" onClick={jump}>
          <DownIcon />
          Jump to latest
        </button>
      )}
    </div>
  );
});
