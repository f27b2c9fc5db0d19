import { type ReactNode, useEffect, useState } from 'react';
import { CheckIcon, CopyIcon } from './icons.tsx';

const SHOWN_MS = 1_600;

/** Copies a text and says so for a moment. `getText` is called at the press, so that growing text need not be passed down. */
export function CopyButton({ getText, label }: { getText: () => string; label: string }): ReactNode {
  const [outcome, setOutcome] = useState<'copied' | 'failed' | undefined>();
  useEffect(() => {
    if (outcome === undefined) return;
    const timer = setTimeout(() => setOutcome(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const words = outcome === undefined ? label : outcome === 'copied' ? 'Copied' : 'Could not copy';
  return (
    <button
      type="button"
      className="quiet-button copy-button"
      aria-label={words}
      title={words}
      onClick={() => void copyText(getText()).then((copied) => setOutcome(copied ? 'copied' : 'failed'))}
    >
      {outcome === 'copied' ? <CheckIcon /> : <CopyIcon />}
      <span role="status" className="visually-hidden">
        {outcome === undefined ? '' : words}
      </span>
    </button>
  );
}

/** False where the browser keeps the clipboard to itself, as on a page without TLS that is not on this machine. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
