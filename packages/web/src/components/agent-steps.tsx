import { type ReactNode, useContext } from 'react';
import type { AgentStep } from '../session/view-model.ts';
import { describeTool } from '../tools/describe-tool.ts';
import { CheckIcon, SpinnerIcon, WarningIcon } from './icons.tsx';
import { SurroundingsContext } from './surroundings.ts';

/** More than this are counted, not drawn. */
const MAX_SHOWN = 200;
const STATES = {
  running: { words: 'running', icon: SpinnerIcon },
  done: { words: 'done', icon: CheckIcon },
  failed: { words: 'failed', icon: WarningIcon },
} as const;

/** What a subagent does, a line for each tool that it uses. */
export function AgentSteps({ steps }: { steps: readonly AgentStep[] }): ReactNode {
  const { cwd } = useContext(SurroundingsContext);
  if (steps.length === 0) return null;
  const earlier = steps.length - MAX_SHOWN;
  return (
    <ol className="agent-steps" aria-label="What the agent does">
      {earlier > 0 ? <li className="part-note">{earlier} earlier steps</li> : null}
      {steps.slice(-MAX_SHOWN).map(({ toolUseId, name, input, state }) => {
        const { title, summary, isCode } = describeTool(name, input, { cwd });
        const { words, icon: Icon } = STATES[state];
        return (
          <li key={toolUseId} className={`agent-step agent-step-${state}`}>
            <Icon />
            <span className="visually-hidden">{words}</span>
            <span className="tool-title">{title}</span>
            <span className={isCode ? 'tool-summary code' : 'tool-summary'} title={summary}>
              {summary}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
