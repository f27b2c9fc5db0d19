import type { ReactNode } from 'react';
import type { QueuedPrompt, SessionView } from '../session/view-model.ts';
import { PromptBubble } from './prompt-bubble.tsx';

type Actions = { onResend: (uuid: string) => void; onEdit: (uuid: string) => void };

/** The prompt whose turn begins just now, if any: it already stands where it will stand. */
export function startingPrompt(view: SessionView): QueuedPrompt | undefined {
  const turn = view.turns.at(-1);
  const isBeginning = turn === undefined || turn.end !== undefined || turn.blocks.length === 0;
  return isBeginning ? view.queue.find((prompt) => prompt.state !== 'failed') : undefined;
}

/** The other prompts whose turn has not begun. */
export function QueuedPrompts({ view, ...actions }: { view: SessionView } & Actions): ReactNode {
  const starting = startingPrompt(view);
  return view.queue.map((prompt) =>
    prompt === starting ? null : <Queued key={prompt.uuid} prompt={prompt} {...actions} />,
  );
}

function Queued({ prompt, onResend, onEdit }: { prompt: QueuedPrompt } & Actions): ReactNode {
  if (prompt.state === 'failed') {
    return (
      <PromptBubble text={prompt.text} state="failed">
        <div className="prompt-failure" role="alert">
          <span>Not sent. {prompt.error}</span>
          <button type="button" className="link-button" onClick={() => onResend(prompt.uuid)}>
            Send again
          </button>
          <button type="button" className="link-button" onClick={() => onEdit(prompt.uuid)}>
            Edit
          </button>
        </div>
      </PromptBubble>
    );
  }
  return (
    <PromptBubble text={prompt.text} state="queued">
      <span className="prompt-note">Queued: starts when the present answer is done</span>
    </PromptBubble>
  );
}
