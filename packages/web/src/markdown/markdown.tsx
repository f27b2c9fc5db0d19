import { memo, type ReactNode, useMemo } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { CodeBlock } from './code-block.tsx';
import { splitMarkdown } from './split-markdown.ts';

const PLUGINS = [remarkGfm];

/** Text as Markdown. Of a text that grows, only the last part is parsed again. */
export const Markdown = memo(function Markdown({ text }: { text: string }): ReactNode {
  const parts = useMemo(() => splitMarkdown(text), [text]);
  return (
    <div className="markdown">
      {parts.map((part, index) => (
        // Parts only ever grow at the end, so their place is their identity.
        <MarkdownPart key={index} text={part} />
      ))}
    </div>
  );
});

const MarkdownPart = memo(function MarkdownPart({ text }: { text: string }): ReactNode {
  return (
    <ReactMarkdown remarkPlugins={PLUGINS} components={COMPONENTS}>
      {text}
    </ReactMarkdown>
  );
});

// Only what each element needs is passed on: the parser's own nodes must not reach the document.
const COMPONENTS: Components = {
  pre: ({ children }) => <CodeBlock>{children}</CodeBlock>,
  a: ({ children, href, title }) => (
    <a href={href} title={title} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  ),
  // An image would be fetched from wherever the model's text says, which tells that place that it was read. A link waits for a click.
  img: ({ src, alt }) => (
    <a href={typeof src === 'string' ? src : undefined} target="_blank" rel="noreferrer noopener">
      {alt === undefined || alt === '' ? 'image' : `image: ${alt}`}
    </a>
  ),
  table: ({ children }) => (
    <div className="table-scroll" role="group" aria-label="Table" tabIndex={0}>
      <table>{children}</table>
    </div>
  ),
};
