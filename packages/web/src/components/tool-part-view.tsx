import type { ReactNode } from 'react';
import type { ToolPart } from '../tools/tool-details.ts';
import { CopyButton } from './copy-button.tsx';
import { PatchView } from './patch-view.tsx';

/** Longer texts are shown from their beginning: a browser that lays out megabytes stands still. */
const MAX_SHOWN_CHARS = 60_000;

/** One part of what a tool call is or did. */
export function ToolPartView({ part }: { part: ToolPart }): ReactNode {
  switch (part.kind) {
    case 'patch':
      return <PatchView label={part.label} hunks={part.hunks} />;
    case 'code':
      return <CodeText label={part.label} text={part.text} isError={part.isError === true} />;
    case 'fields':
      return (
        <dl className="fields">
          {part.fields.map((field) => (
            <div key={field.name}>
              <dt>{field.name}</dt>
              <dd>{field.value.slice(0, MAX_SHOWN_CHARS)}</dd>
            </div>
          ))}
        </dl>
      );
    case 'note':
      return <p className="part-note">{part.text}</p>;
    default:
      return part satisfies never;
  }
}

function CodeText({ label, text, isError }: { label: string; text: string; isError: boolean }): ReactNode {
  const left = text.length - MAX_SHOWN_CHARS;
  return (
    <figure className={isError ? 'output output-error' : 'output'}>
      <figcaption className="part-label">
        <span>{label}</span>
        <CopyButton label={`Copy ${label.toLowerCase()}`} getText={() => text} />
      </figcaption>
      <pre role="group" aria-label={label} tabIndex={0}>
        {left > 0 ? text.slice(0, MAX_SHOWN_CHARS) : text.replace(/\n$/, '')}
      </pre>
      {left > 0 ? (
        <p className="part-note">{left.toLocaleString('en')} more characters; copy to see them all.</p>
      ) : null}
    </figure>
  );
}
