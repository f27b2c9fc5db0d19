import type { Tool } from './tool.ts';

/** A tool that runs outside of this process: in a client that declared it. */
export type ExternalTool = {
  /** Letters, digits, `_` and `-`, at most 128. */
  name: string;
  description: string;
  /** A JSON Schema of an object. */
  inputSchema: Record<string, unknown>;
};

/** Such a tool as the turn sees it. Whoever runs it checks its input. */
export function externalTool({ name, description, inputSchema }: ExternalTool): Tool {
  return {
    name,
    description,
    inputSchema,
    effect: 'external',
    parallel: true,
    elsewhere: 'client',
    parse: (input) => input,
    target: () => ({}),
    run: notHere,
  };
}

const atWorkers = new WeakMap<Tool, Tool>();

/** A built-in tool whose calls a worker runs. The same object for the same tool, so that it is serialised once. */
export function atWorker(tool: Tool): Tool {
  const known = atWorkers.get(tool) ?? { ...tool, parallel: true, elsewhere: 'worker', run: notHere };
  atWorkers.set(tool, known);
  return known;
}

async function notHere(): Promise<never> {
  throw new Error('This tool does not run here.');
}
