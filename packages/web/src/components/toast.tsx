import { type ReactNode, useEffect } from 'react';

const SHOWN_MS = 7_000;

export type ToastMessage = { key: number; text: string; isError: boolean };

/** A short message over the page that goes by itself, or at a press. */
export function Toast({ message, onClose }: { message: ToastMessage | undefined; onClose: () => void }): ReactNode {
  const key = message?.key;
  useEffect(() => {
    if (key === undefined) return;
    const timer = setTimeout(onClose, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [key, onClose]);
  return (
    <div className="toast-place" role="status">
      {message === undefined ? null : (
        <button
          type="button"
          className={message.isError ? 'toast toast-error' : 'toast'}
          onClick={onClose}
          title="Close"
        >
          {message.text}
        </button>
      )}
    </div>
  );
}
