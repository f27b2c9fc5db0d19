import { query as queryColloquy } from 'colloquy';
import { findClaudeCode } from '../claude-code.ts';

// What the patterns import in the column of our cli engine: `colloquy`, where nothing else is said on the official Claude Code.
export { AbortError, createSdkMcpServer, tool } from 'colloquy';

export const query: typeof queryColloquy = ({ prompt, options }) =>
  queryColloquy({
    prompt,
    options: { ...options, engine: 'cli', pathToClaudeCodeExecutable: findClaudeCode().program },
  });
