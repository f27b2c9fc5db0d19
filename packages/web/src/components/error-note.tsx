import type { ReactNode } from 'react';
import { explainModelError } from '../app/explain-model-error.ts';
import { WarningIcon } from './icons.tsx';

/** The model could not be asked: what happened, what to do, and the service's own words. */
export function ErrorNote({ error, text }: { error: string; text: string }): ReactNode {
  const { title, wayOut } = explainModelError(error);
  return (
    <div className="error-note" role="group" aria-label={title}>
      <WarningIcon />
      <div>
        <p className="error-title">{title}</p>
        <p>{wayOut}</p>
        {text === '' ? null : <p className="error-words">{text}</p>}
      </div>
    </div>
  );
}
