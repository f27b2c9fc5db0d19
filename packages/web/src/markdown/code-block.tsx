import { type ComponentProps, isValidElement, type ReactNode, useRef } from 'react';
import { CopyButton } from '../components/copy-button.tsx';

/** A block of code: its language, a button that copies it, and a scrolled box that keys can reach. */
export function CodeBlock({ children }: ComponentProps<'pre'>): ReactNode {
  const pre = useRef<HTMLPreElement>(null);
  const language = languageOf(children);
  return (
    <div className="code-block">
      <div className="code-block-head">
        <span>{language ?? 'text'}</span>
        <CopyButton label="Copy code" getText={() => pre.current?.textContent.replace(/\n$/, '') ?? ''} />
      </div>
      <pre ref={pre} tabIndex={0} role="group" aria-label={language === undefined ? 'Code' : `Code, ${language}`}>
        {children}
      </pre>
    </div>
  );
}

function languageOf(code: ReactNode): string | undefined {
  if (!isValidElement<{ className?: string }>(code)) return undefined;
  return /language-(\S+)/.exec(code.props.className ?? '')?.[1];
}
