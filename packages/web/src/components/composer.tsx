import { type KeyboardEvent, type ReactNode, type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react';
import { loadDraft, saveDraft } from '../app/drafts.ts';
import { SendIcon, StopIcon } from './icons.tsx';

export type ComposerHandle = {
  focus(): void;
  /** Puts a text back for editing, in front of what has been typed since. */
  restore(text: string): void;
};

type Props = {
  /** Undefined for a new conversation. */
  sessionId: string | undefined;
  isRunning: boolean;
  isStopping: boolean;
  onSend: (text: string) => void;
  onStop: () => void;
  ref?: Ref<ComposerHandle>;
};

/** Where messages are written. Enter sends, Shift+Enter breaks the line; the draft outlives a reload. */
export function Composer({ sessionId, isRunning, isStopping, onSend, onStop, ref }: Props): ReactNode {
  const [text, change] = useDraft(sessionId);
  const area = useRef<HTMLTextAreaElement>(null);
  const canSend = text.trim() !== '';

  const send = (): void => {
    if (!canSend) return;
    onSend(text.trim());
    change('');
    area.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // While an input method composes, Enter chooses its suggestion.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  useImperativeHandle(ref, () => ({
    focus: () => area.current?.focus(),
    restore(restored) {
      change(text === '' ? restored : `${restored}\n${text}`);
      area.current?.focus();
    },
  }));
  useEffect(() => grow(area.current), [text]);

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div className="composer-box">
        <textarea
          ref={area}
          id="message"
          rows={1}
          value={text}
          aria-label="Message"
          placeholder={isRunning ? 'Write the next message…' : 'Ask about this project…'}
          enterKeyHint="send"
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <div className="composer-buttons">
          {isRunning ? <StopButton isDisabled={isStopping} onStop={onStop} /> : null}
          <SendButton isDisabled={!canSend} isRunning={isRunning} />
        </div>
      </div>
      <Hint isRunning={isRunning} />
    </form>
  );
}

/** The text of the box, kept for this conversation. */
function useDraft(sessionId: string | undefined): [string, (text: string) => void] {
  const [text, setText] = useState(() => loadDraft(sessionId));
  const change = (next: string): void => {
    setText(next);
    saveDraft(sessionId, next);
  };
  return [text, change];
}

function StopButton({ isDisabled, onStop }: { isDisabled: boolean; onStop: () => void }): ReactNode {
  return (
    <button
      type="button"
      className="round-button stop"
      aria-label="Stop"
      title="Stop (Esc)"
      disabled={isDisabled}
      onClick={onStop}
    >
      <StopIcon />
    </button>
  );
}

function SendButton({ isDisabled, isRunning }: { isDisabled: boolean; isRunning: boolean }): ReactNode {
  return (
    <button
      type="submit"
      className="round-button send"
      aria-label={isRunning ? 'Send; it waits for the present answer' : 'Send'}
      title={isRunning ? 'Send when the present answer is done (Enter)' : 'Send (Enter)'}
      disabled={isDisabled}
    >
      <SendIcon />
    </button>
  );
}

function Hint({ isRunning }: { isRunning: boolean }): ReactNode {
  return (
    <p className="composer-hint">
      <kbd>Enter</kbd> sends, <kbd>Shift Enter</kbd> breaks the line
      {isRunning ? (
        <>
          , <kbd>Esc</kbd> stops
        </>
      ) : null}
    </p>
  );
}

/** Browsers with `field-sizing` grow the box themselves. */
function grow(area: HTMLTextAreaElement | null): void {
  if (area === null || CSS.supports('field-sizing', 'content')) return;
  area.style.height = 'auto';
  area.style.height = `${area.scrollHeight}px`;
}
