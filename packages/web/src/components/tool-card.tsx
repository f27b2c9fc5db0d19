import { type ReactNode, useContext, useState } from 'react';
import type { ToolBlock, ToolState } from '../session/view-model.ts';
import { describeTool, toKind } from '../tools/describe-tool.ts';
import { countWord, outcomeOf, toolParts } from '../tools/tool-details.ts';
import { AgentSteps } from './agent-steps.tsx';
import {
  CheckIcon,
  ChevronIcon,
  ClockIcon,
  CloseIcon,
  EditFileIcon,
  FileIcon,
  HandIcon,
  SearchIcon,
  SpinnerIcon,
  StopIcon,
  TerminalIcon,
  ToolIcon,
  WarningIcon,
} from './icons.tsx';
import { ToolPartView } from './tool-part-view.tsx';
import { SurroundingsContext } from './surroundings.ts';

/** One tool call in a line; opened, what it was asked and what came of it. A change that was made is open from the start. */
export function ToolCard({ tool }: { tool: ToolBlock }): ReactNode {
  const { cwd, you } = useContext(SurroundingsContext);
  const [chosen, setChosen] = useState<boolean | undefined>();
  const { title, summary, isCode } = describeTool(tool.name, tool.input, { cwd });
  const outcome = tool.steps.length === 0 ? outcomeOf(tool) : countWord(tool.steps.length, 'step');
  const isChange = tool.state === 'done' && isEdit(tool.name);
  const isOpen = chosen ?? isChange;
  return (
    <details className={`tool tool-${tool.state}`} open={isOpen}>
      <summary
        onClick={(event) => {
          // React holds the open state; the browser's own toggling would be a second holder.
          event.preventDefault();
          setChosen(!isOpen);
        }}
      >
        <ChevronIcon />
        <ToolKindIcon name={tool.name} />
        <span className="tool-title">{title}</span>
        <span className={isCode ? 'tool-summary code' : 'tool-summary'} title={summary}>
          {summary}
        </span>
        {outcome === '' ? null : <span className="tool-outcome">{outcome}</span>}
        <ToolStateLabel state={tool.state} />
      </summary>
      {isOpen ? (
        <div className="tool-body">
          <AgentSteps steps={tool.steps} />
          {toolParts(tool, { you }).map((part, index) => (
            // A call's parts keep their order; further ones come at the end.
            <ToolPartView key={index} part={part} />
          ))}
        </div>
      ) : null}
    </details>
  );
}

const isEdit = (name: string): boolean => /^(edit|write|multiedit|notebookedit)$/i.test(name);

/** The picture of a tool's family. */
export function ToolKindIcon({ name }: { name: string }): ReactNode {
  if (isEdit(name)) return <EditFileIcon />;
  switch (toKind(name)) {
    case 'command':
      return <TerminalIcon />;
    case 'file':
      return <FileIcon />;
    case 'search':
      return <SearchIcon />;
    default:
      return <ToolIcon />;
  }
}

const STATES: Readonly<Record<ToolState, { words: string; icon: () => ReactNode }>> = {
  preparing: { words: 'Preparing', icon: SpinnerIcon },
  running: { words: 'Running', icon: SpinnerIcon },
  waiting: { words: 'Needs permission', icon: HandIcon },
  elsewhere: { words: 'Waits for a program', icon: ClockIcon },
  done: { words: 'Done', icon: CheckIcon },
  failed: { words: 'Failed', icon: WarningIcon },
  denied: { words: 'Denied', icon: CloseIcon },
  stopped: { words: 'Stopped', icon: StopIcon },
};

function ToolStateLabel({ state }: { state: ToolState }): ReactNode {
  const { words, icon: Icon } = STATES[state];
  return (
    <span className={`tool-state tool-state-${state}`}>
      <span className="tool-state-words">{words}</span>
      <Icon />
    </span>
  );
}
