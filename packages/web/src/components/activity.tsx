import { type ReactNode, useEffect, useState } from 'react';
import { nameModelError } from '../app/explain-model-error.ts';
import { startingPrompt } from './queued-prompts.tsx';
import { isLive } from '../session/edit-view.ts';
import type { Retry, SessionView } from '../session/view-model.ts';

/** The line under a running turn: what is being waited for. It has the height of a finished turn's foot, so nothing moves at the end. */
export function Activity({ view }: { view: SessionView }): ReactNode {
  if (!view.running && startingPrompt(view) === undefined) return null;
  return (
    <div className="activity">
      <span className="pulse" aria-hidden="true" />
      {view.retry === undefined ? <span>{activityOf(view)}</span> : <RetryWords retry={view.retry} />}
    </div>
  );
}

function activityOf(view: SessionView): string {
  if (!view.running) return 'Sending…';
  if (view.asks.length > 0) return 'Waiting for your permission';
  const blocks = view.turns.at(-1)?.blocks ?? [];
  const last = blocks.at(-1);
  const elsewhere = blocks.filter((block) => block.kind === 'tool' && block.state === 'elsewhere');
  // Calls behind it that are allowed wait for it too.
  if (elsewhere.length > 0)
    return elsewhere.length === 1
      ? 'Waiting for the result of a program'
      : `Waiting for ${elsewhere.length} results of programs`;
  if (last === undefined || last.kind === 'prompt') return 'Thinking…';
  if (last.kind === 'tool' && last.state === 'running') return 'Running a tool…';
  if (last.kind === 'thinking') return 'Thinking…';
  return isLive(last) ? 'Writing…' : 'Working…';
}

function RetryWords({ retry }: { retry: Retry }): ReactNode {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.ceil((retry.dueAtMs - nowMs) / 1000));
  const status = retry.status === null ? '' : ` (${retry.status})`;
  return (
    <span>
      {nameModelError(retry.error)}
      {status}. {seconds === 0 ? 'Retrying now' : `Retrying in ${seconds} s`} (attempt {retry.attempt} of{' '}
      {retry.maxRetries})
    </span>
  );
}
