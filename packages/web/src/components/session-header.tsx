import type { ReactNode } from 'react';
import { formatUsd } from '../app/format.ts';
import { explainMode, modeChoices } from '../app/modes.ts';
import type { ServerFacts, SessionSummary } from '../api/wire.ts';
import type { SessionView } from '../session/view-model.ts';
import { MenuIcon } from './icons.tsx';
import { SimulatedBadge } from './simulated-badge.tsx';

type Props = {
  title: string;
  facts: ServerFacts;
  summary: SessionSummary | undefined;
  view: SessionView;
  onMode: (mode: string) => void;
  onMenu: () => void;
};

/** What conversation this is, which model answers, what it may do, and what it has cost. */
export function SessionHeader({ title, facts, summary, view, onMode, onMenu }: Props): ReactNode {
  // What the stream says is the newest; before it has said anything, what the session was made with.
  const mode = view.mode ?? summary?.permission_mode ?? facts.permissionMode;
  const agent = summary?.agent ?? null;
  const model = view.model ?? summary?.model ?? facts.model;
  return (
    <header className="header">
      <button
        type="button"
        className="icon-button menu-button"
        aria-label="Conversations"
        aria-controls="sidebar"
        onClick={onMenu}
      >
        <MenuIcon />
      </button>
      <h1 title={title}>{title}</h1>
      <div className="header-facts">
        {agent === null ? (
          <label className="mode" title={explainMode(mode)}>
            <span className="visually-hidden">Permissions</span>
            <select value={mode} onChange={(event) => onMode(event.target.value)}>
              {modeChoices(facts.permissionModes, mode).map((choice) => (
                <option key={choice.value} value={choice.value} title={choice.explanation}>
                  {choice.label}
                </option>
              ))}
            </select>
          </label>
        ) : (
          <span className="agent" title={`Agent: ${agent.name}; what is asked, its policies decide`}>
            <span className="visually-hidden">Agent: </span>
            {agent.name}
          </span>
        )}
        <Cost cost={view.cost} simulated={facts.simulated} />
        <span className="model" title={`Model: ${model}`}>
          <span className="visually-hidden">Model: </span>
          {model}
        </span>
        {facts.simulated ? <SimulatedBadge /> : null}
      </div>
    </header>
  );
}

function Cost({ cost, simulated }: { cost: SessionView['cost']; simulated: boolean }): ReactNode {
  if (cost === undefined) return null;
  if (!cost.known)
    return (
      <span className="cost" title="No price is known for this model">
        cost unknown
      </span>
    );
  const words = simulated
    ? 'Nothing is charged: this is what the same tokens would cost at list price'
    : 'This conversation so far, in US dollars at list price';
  return (
    <span className="cost" title={words}>
      <span className="visually-hidden">Cost so far: </span>
      {formatUsd(cost.usd)}
    </span>
  );
}
