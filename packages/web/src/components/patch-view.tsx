import type { ReactNode } from 'react';
import { countChanges, type Hunk, type PatchLine } from '../tools/patch.ts';

/** A change, line by line; its signs are text, so that colour is not all that tells. */
export function PatchView({ label, hunks }: { label: string; hunks: readonly Hunk[] }): ReactNode {
  const { added, removed } = countChanges(hunks);
  return (
    <figure className="patch">
      <figcaption className="part-label">
        <span className="patch-path">{label}</span>
        <span className="patch-count">
          <span className="added">+{added}</span> <span className="removed">−{removed}</span>
        </span>
      </figcaption>
      <div className="patch-scroll" role="group" aria-label={`Change of ${label}`} tabIndex={0}>
        {hunks.map((hunk, index) => (
          // Hunks of one change never move.
          <div className="hunk" key={index}>
            {hunk.lines.map((line, at) => (
              <Line key={at} line={line} />
            ))}
          </div>
        ))}
      </div>
    </figure>
  );
}

const KINDS = { '+': 'patch-line added', '-': 'patch-line removed', ' ': 'patch-line' } as const;

function Line({ line }: { line: PatchLine }): ReactNode {
  const number = line.newLine ?? line.oldLine;
  return (
    <div className={KINDS[line.sign]}>
      {number === undefined ? null : (
        <span className="patch-number" aria-hidden="true">
          {number}
        </span>
      )}
      <span className="patch-sign">{line.sign === '-' ? '−' : line.sign}</span>
      <span className="patch-text">{line.text}</span>
    </div>
  );
}
