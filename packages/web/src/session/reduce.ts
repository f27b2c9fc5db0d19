import type { Frame } from '../api/wire.ts';
import { foldGap } from './fold-answer.ts';
import { foldMessage } from './fold-message.ts';
import { EMPTY_VIEW, type QueuedPrompt, type SessionView } from './view-model.ts';

/** What changes a view: the server's frames, and what the person at this page does before the server has told it back. */
export type Action =
  | { type: 'frames'; frames: readonly Frame[]; nowMs: number }
  | { type: 'prompt_sending'; uuid: string; text: string }
  | { type: 'prompt_accepted'; uuid: string }
  | { type: 'prompt_failed'; uuid: string; error: string }
  | { type: 'prompt_discarded'; uuid: string }
  | { type: 'mode_set'; mode: string }
  /** What the stream told so far is void. */
  | { type: 'reset' };

/** The next view. Pure: the same view and action give the same view. */
export function reduce(view: SessionView, action: Action): SessionView {
  switch (action.type) {
    case 'frames':
      return action.frames.reduce((next, frame) => foldFrame(next, frame, action.nowMs), view);
    case 'prompt_sending':
      return send(view, action);
    case 'prompt_accepted':
      return editQueued(view, action.uuid, (prompt) => ({ ...prompt, state: 'accepted' }));
    case 'prompt_failed':
      // The stream knows better than the call that broke: what was told back has been accepted.
      return editQueued(view, action.uuid, (prompt) =>
        prompt.state === 'accepted' ? prompt : { ...prompt, state: 'failed', error: action.error },
      );
    case 'prompt_discarded':
      return { ...view, queue: view.queue.filter((prompt) => prompt.uuid !== action.uuid) };
    case 'mode_set':
      return { ...view, mode: action.mode };
    case 'reset':
      return { ...EMPTY_VIEW, mode: view.mode, queue: view.queue.filter((prompt) => prompt.state !== 'accepted') };
    default:
      return action satisfies never;
  }
}

function foldFrame(view: SessionView, frame: Frame, nowMs: number): SessionView {
  return frame.type === 'gap' ? foldGap(view, frame.open) : foldMessage(view, frame.message, nowMs);
}

function send(view: SessionView, { uuid, text }: { uuid: string; text: string }): SessionView {
  const prompt: QueuedPrompt = { uuid, text, state: 'sending', error: undefined, priority: 'later' };
  const at = view.queue.findIndex((queued) => queued.uuid === uuid);
  return { ...view, queue: at < 0 ? [...view.queue, prompt] : view.queue.with(at, prompt) };
}

function editQueued(view: SessionView, uuid: string, edit: (prompt: QueuedPrompt) => QueuedPrompt): SessionView {
  return { ...view, queue: view.queue.map((prompt) => (prompt.uuid === uuid ? edit(prompt) : prompt)) };
}
