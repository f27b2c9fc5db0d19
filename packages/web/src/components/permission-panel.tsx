import { type FormEvent, type ReactNode, useCallback, useContext, useId, useState } from 'react';
import { explainError } from '../api/http-error.ts';
import type { Answer } from '../api/wire.ts';
import { usePermissionKeys } from '../app/use-permission-keys.ts';
import type { PermissionAsk } from '../session/view-model.ts';
import { describeTool, toKind } from '../tools/describe-tool.ts';
import { inputParts } from '../tools/tool-details.ts';
import { HandIcon } from './icons.tsx';
import { ToolPartView } from './tool-part-view.tsx';
import { SurroundingsContext } from './surroundings.ts';

type Props = {
  ask: PermissionAsk;
  /** How many further questions wait behind this one. */
  further: number;
  onAnswer: (request: number, decision: Answer) => Promise<void>;
};

/** A call that waits for a person: exactly what would run, why it is asked, and the two answers. Give it the request as key. */
export function PermissionPanel({ ask, further, onAnswer }: Props): ReactNode {
  const { cwd } = useContext(SurroundingsContext);
  const titleId = useId();
  const [isAnswering, setAnswering] = useState(false);
  const [error, setError] = useState<string | undefined>();
  const [isWriting, setWriting] = useState(false);
  const { request } = ask;

  const answer = useCallback(
    async (decision: Answer): Promise<void> => {
      setAnswering(true);
      setError(undefined);
      try {
        await onAnswer(request, decision);
      } catch (cause) {
        setError(explainError(cause));
        setAnswering(false);
      }
    },
    [onAnswer, request],
  );
  const decide = useCallback((behavior: 'allow' | 'deny') => void answer({ behavior }), [answer]);
  usePermissionKeys(request, decide);

  return (
    <section className="permission" role="group" aria-labelledby={titleId} data-testid="permission">
      <h2 id={titleId}>
        <HandIcon />
        <span>{questionOf(ask, cwd)}</span>
        {further === 0 ? null : <span className="permission-further">{further} more after this</span>}
      </h2>
      <div className="permission-what">
        {inputParts(ask.name, ask.input).map((part, index) => (
          // The parts of a call's input keep their order.
          <ToolPartView key={index} part={part} />
        ))}
      </div>
      {ask.reason === '' ? null : <p className="permission-reason">{ask.reason}</p>}
      {error === undefined ? null : (
        <p className="permission-error" role="alert">
          {error}
        </p>
      )}
      {isWriting ? (
        <DenyForm
          isDisabled={isAnswering}
          onCancel={() => setWriting(false)}
          onDeny={(message) => void answer({ behavior: 'deny', message })}
        />
      ) : (
        <div className="permission-buttons">
          <button type="button" className="button primary" disabled={isAnswering} onClick={() => decide('allow')}>
            Allow <kbd>Alt Y</kbd>
          </button>
          <button type="button" className="button" disabled={isAnswering} onClick={() => decide('deny')}>
            Deny <kbd>Alt N</kbd>
          </button>
          <button type="button" className="link-button" disabled={isAnswering} onClick={() => setWriting(true)}>
            Deny and say why…
          </button>
        </div>
      )}
    </section>
  );
}

function questionOf(ask: PermissionAsk, cwd: string | undefined): string {
  const { title, summary } = describeTool(ask.name, ask.input, { cwd });
  switch (toKind(ask.name)) {
    case 'command':
      return 'Run this command?';
    case 'file':
      return /^read$/i.test(ask.name) ? `Read ${summary}?` : `Change ${summary}?`;
    default:
      return `Allow ${title}?`;
  }
}

/** Denies with a word to the model. Escape goes back to the buttons, and does not stop the turn. */
function DenyForm({
  isDisabled,
  onCancel,
  onDeny,
}: {
  isDisabled: boolean;
  onCancel: () => void;
  onDeny: (message: string) => void;
}): ReactNode {
  const [message, setMessage] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onDeny(message.trim());
  };
  return (
    <form
      className="deny-form"
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        onCancel();
      }}
    >
      {/* Whoever opened this wants to write: the focus goes where they go. */}
      <input
        autoFocus
        aria-label="Why, or what to do instead"
        placeholder="Why, or what to do instead"
        value={message}
        onChange={(event) => setMessage(event.target.value)}
      />
      <button type="submit" className="button" disabled={isDisabled}>
        Deny
      </button>
      <button type="button" className="link-button" onClick={onCancel}>
        Back
      </button>
    </form>
  );
}
