import { type ReactNode, useId } from 'react';

/** Says that no real model answers, and at a press, why and what to do. */
export function SimulatedBadge(): ReactNode {
  const id = useId();
  return (
    <>
      <button type="button" className="badge" popoverTarget={id} title="No real model answers. Press to learn why.">
        Simulated
      </button>
      <div id={id} popover="auto" className="popover">
        <h2>No real model answers here</h2>
        <p>
          The server was started without a credential, so its built-in emulator plays the model. It understands plain
          requests, such as <q>read FILE</q>, <q>run CMD</q>, <q>list *.ts</q> or <q>edit FILE: replace A with B</q>.
          The tools it calls are real.
        </p>
        <p>
          To talk to Claude, set <code>ANTHROPIC_API_KEY</code> or <code>ANTHROPIC_AUTH_TOKEN</code> and start the
          server again.
        </p>
      </div>
    </>
  );
}
