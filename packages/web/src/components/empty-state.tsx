import type { ReactNode } from 'react';
import type { ServerFacts } from '../api/wire.ts';
import { baseName } from '../app/format.ts';

const EXAMPLES = [
  { prompt: 'Read README.md and tell me the two commands', what: 'Reads a file and answers from it' },
  { prompt: 'list *.ts', what: 'Finds files by name' },
  { prompt: 'run ls', what: 'Runs a command' },
] as const;

const NO_SANDBOX = {
  none: 'There is no sandbox on this machine, so a command is asked about first, unless a rule allows it.',
  off: 'There is no sandbox on this machine, so commands are turned off.',
};

/** What can be asked, before anything has been. */
export function EmptyState({ facts, onSend }: { facts: ServerFacts; onSend: (text: string) => void }): ReactNode {
  return (
    <div className="empty">
      <div className="empty-column">
        <h2>
          Ask about <span className="empty-project">{baseName(facts.cwd)}</span>
        </h2>
        <p>
          The agent reads, searches and edits files in <code>{facts.cwd}</code> and runs commands there. It asks before
          it changes anything.
        </p>
        <ul className="examples">
          {EXAMPLES.map((example) => (
            <li key={example.prompt}>
              <button type="button" onClick={() => onSend(example.prompt)}>
                <span className="example-prompt">{example.prompt}</span>
                <span className="example-what">{example.what}</span>
              </button>
            </li>
          ))}
        </ul>
        {facts.simulated ? (
          <p className="empty-note">
            No credential is set, so a simulated model answers. It understands plain requests like these.
          </p>
        ) : null}
        {facts.sandbox === 'working' ? null : <p className="empty-note">{NO_SANDBOX[facts.sandbox]}</p>}
      </div>
    </div>
  );
}
