import { type FormEvent, type ReactNode, useId, useState } from 'react';
import type { Question } from '../tools/read-questions.ts';

/** What is chosen for one question: labels, and words of one's own. */
type Choice = { labels: readonly string[]; own: string };
const NOTHING: Choice = { labels: [], own: '' };

type Props = {
  questions: readonly Question[];
  isDisabled: boolean;
  /** The answers by question; what was not answered is left out. */
  onAnswer: (answers: Record<string, string>) => void;
  onSkip: () => void;
};

/** Questions of the model, each with answers to choose from and room for another one. */
export function QuestionForm({ questions, isDisabled, onAnswer, onSkip }: Props): ReactNode {
  const [choices, setChoices] = useState<readonly Choice[]>(() => questions.map(() => NOTHING));
  const answers = Object.fromEntries(
    questions.flatMap(({ question }, index) => {
      const text = textOf(choices[index] ?? NOTHING);
      return text === '' ? [] : [[question, text]];
    }),
  );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onAnswer(answers);
  };
  return (
    <form className="questions" onSubmit={submit}>
      <div className="permission-what">
        {questions.map((question, index) => (
          // The questions of a call keep their order.
          <QuestionField
            key={index}
            question={question}
            choice={choices[index] ?? NOTHING}
            onChoose={(choice) => setChoices(choices.with(index, choice))}
          />
        ))}
      </div>
      <div className="permission-buttons">
        <button type="submit" className="button primary" disabled={isDisabled || Object.keys(answers).length === 0}>
          Answer
        </button>
        <button type="button" className="link-button" disabled={isDisabled} onClick={onSkip}>
          Skip
        </button>
      </div>
    </form>
  );
}

function textOf({ labels, own }: Choice): string {
  return [...labels, ...(own.trim() === '' ? [] : [own.trim()])].join(', ');
}

function QuestionField({
  question: { question, header, options, multiSelect },
  choice,
  onChoose,
}: {
  question: Question;
  choice: Choice;
  onChoose: (choice: Choice) => void;
}): ReactNode {
  const name = useId();
  const choose = (label: string, isChosen: boolean): void => {
    if (!multiSelect) return onChoose({ labels: [label], own: '' });
    const others = choice.labels.filter((other) => other !== label);
    onChoose({ ...choice, labels: isChosen ? [...others, label] : others });
  };
  return (
    <fieldset className="question">
      <legend>
        {header === '' ? null : <span className="question-header">{header}</span>}
        {question}
      </legend>
      {options.map(({ label, description, preview }) => (
        <label key={label} className="question-option">
          <input
            type={multiSelect ? 'checkbox' : 'radio'}
            name={name}
            checked={choice.labels.includes(label)}
            onChange={(event) => choose(label, event.target.checked)}
          />
          <span>
            <span className="question-label">{label}</span>
            {description === '' ? null : <span className="question-description">{description}</span>}
            {preview === undefined ? null : <pre className="question-preview">{preview}</pre>}
          </span>
        </label>
      ))}
      <input
        className="question-own"
        aria-label={`Another answer: ${question}`}
        placeholder="Another answer"
        value={choice.own}
        onChange={(event) =>
          onChoose({ labels: multiSelect || event.target.value === '' ? choice.labels : [], own: event.target.value })
        }
      />
    </fieldset>
  );
}
