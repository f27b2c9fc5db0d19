import { type FormEvent, type ReactNode, useCallback, useContext, useId, useState } from 'react';
import { explainError } from '../api/http-error.ts';
import type { Answer } from '../api/wire.ts';
import { usePermissionKeys } from '../app/use-permission-keys.ts';
import type { PermissionAsk } from '../session/view-model.ts';
import { describeTool, toKind } from '../tools/describe-tool.ts';
import { readQuestions } from '../tools/read-questions.ts';
import { inputParts } from '../tools/tool-details.ts';
import { Markdown } from '../markdown/markdown.tsx';
import { QuestionForm } from './question-form.tsx';
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
  // A question has no answer that a key could stand for.
  usePermissionKeys(request, ask.name === 'AskUserQuestion' ? undefined : decide);

  const questions = readQuestions(ask);
  const plan = ask.name === 'ExitPlanMode' && typeof ask.input['plan'] === 'string' ? ask.input['plan'] : undefined;
  return (
    <section className="permission" role="group" aria-labelledby={titleId} data-testid="permission">
      <h2 id={titleId}>
        <HandIcon />
        <span>{questions === undefined ? questionOf(ask, cwd) : 'Colloquy asks you'}</span>
        {further === 0 ? null : <span className="permission-further">{further} more after this</span>}
      </h2>
      {questions === undefined ? (
        <>
          <div className="permission-what">
            {plan === undefined ? <AskedCall ask={ask} /> : <Markdown text={plan} />}
          </div>
          {ask.reason === '' || plan !== undefined ? null : <p className="permission-reason">{ask.reason}</p>}
        </>
      ) : (
        <QuestionForm
          questions={questions}
          isDisabled={isAnswering}
          onAnswer={(answers) => void answer({ behavior: 'allow', updatedInput: { ...ask.input, answers } })}
          onSkip={() => decide('deny')}
        />
      )}
      {error === undefined ? null : (
        <p className="permission-error" role="alert">
          {error}
        </p>
      )}
      {questions !== undefined ? null : isWriting ? (
        <DenyForm
          isDisabled={isAnswering}
          onCancel={() => setWriting(false)}
          onDeny={(message) => void answer({ behavior: 'deny', message })}
        />
      ) : (
        <div className="permission-buttons">
          <button type="button" className="button primary" disabled={isAnswering} onClick={() => decide('allow')}>
            {plan === undefined ? 'Allow' : 'Approve'} <kbd>Alt Y</kbd>
          </button>
          <button type="button" className="button" disabled={isAnswering} onClick={() => decide('deny')}>
            {plan === undefined ? 'Deny' : 'Keep planning'} <kbd>Alt N</kbd>
          </button>
          <button type="button" className="link-button" disabled={isAnswering} onClick={() => setWriting(true)}>
            {plan === undefined ? 'Deny and say why…' : 'Say what to change…'}
          </button>
        </div>
      )}
    </section>
  );
}

function AskedCall({ ask }: { ask: PermissionAsk }): ReactNode {
  return inputParts(ask.name, ask.input).map((part, index) => (
    // The parts of a call's input keep their order.
    <ToolPartView key={index} part={part} />
  ));
}

function questionOf(ask: PermissionAsk, cwd: string | undefined): string {
  const { title, summary } = describeTool(ask.name, ask.input, { cwd });
  if (ask.name === 'ExitPlanMode') return 'Carry out this plan?';
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
