import type { ReactNode } from 'react';
import type { SessionView, Turn } from '../session/view-model.ts';

/** The way out of a turn that failed: the same message once more. Only while it is the last thing said. */
export function SendAgain({ view, onSend }: { view: SessionView; onSend: (text: string) => void }): ReactNode {
  const text = view.queue.length === 0 && !view.running ? failedPrompt(view.turns.at(-1)) : undefined;
  if (text === undefined) return null;
  return (
    <p className="send-again">
      <button type="button" className="button" onClick={() => onSend(text)}>
        Send the message again
      </button>
    </p>
  );
}

function failedPrompt(turn: Turn | undefined): string | undefined {
  if (turn?.end === undefined) return undefined;
  const hasFailed =
    turn.end.kind === 'failed' || turn.end.kind === 'lost' || turn.blocks.some((block) => block.kind === 'error');
  const prompt = turn.blocks.findLast((block) => block.kind === 'prompt');
  return hasFailed ? prompt?.text : undefined;
}
