import type { ReactNode } from 'react';

/** What the person said, as it was typed. */
export function PromptBubble({
  text,
  children,
  state,
}: {
  text: string;
  children?: ReactNode;
  state?: string | undefined;
}): ReactNode {
  return (
    <div className={state === undefined ? 'prompt' : `prompt prompt-${state}`}>
      <div className="prompt-text">
        <span className="visually-hidden">You: </span>
        {text}
      </div>
      {children}
    </div>
  );
}
