import { bashTool, runCommand } from './bash.ts';
import { editTool } from './edit.ts';
import { type FromSchema, inputParser, type ObjectSchema } from './from-schema.ts';
import { globTool } from './glob.ts';
import { grepTool } from './grep.ts';
import { readTool } from './read.ts';
import { SHELL_FOLDER } from './shell-folder.ts';
import type { Tool, ToolOutcome } from './tool.ts';
import { pageUrl } from './web/page-url.ts';
import { webFetchTool } from './web/web-fetch.ts';
import { webSearchTool } from './web/web-search.ts';
import { writeTool } from './write.ts';

// The tools of `agent_toolset_20260401`: the same code as the tools with capital letters, behind the names and inputs of the
// Managed Agents API. See docs/internals/facts/managed-agents-api.md, "Tool configuration".

const PATH = {
  type: 'string',
  minLength: 1,
  description: 'The file: an absolute path, or one relative to the working directory.',
} as const;
const FOLDER = { type: 'string', minLength: 1, description: 'Where to look. Default: the working directory.' } as const;

const READ_SCHEMA = {
  type: 'object',
  properties: {
    file_path: PATH,
    view_range: {
      type: 'array',
      items: { type: 'integer' },
      minItems: 2,
      maxItems: 2,
      description:
        'The first and the last line to show (of a notebook: cells, of a PDF: pages), counted from 1; -1 as the last for the end of the file.',
    },
  },
  required: ['file_path'],
  additionalProperties: false,
} as const;

const BASH_SCHEMA = {
  type: 'object',
  properties: {
    command: { type: 'string', minLength: 1, description: 'The command, in the language of bash.' },
    restart: {
      type: 'boolean',
      description: 'True: begin anew, in the working directory. Without a command.',
    },
    timeout_ms: {
      type: 'integer',
      minimum: 1,
      maximum: 600_000,
      description: 'Milliseconds after which the command is ended. Default 120000.',
    },
  },
  additionalProperties: false,
} as const;

const GLOB_SCHEMA = {
  type: 'object',
  properties: {
    pattern: { type: 'string', minLength: 1, description: 'A glob pattern over paths, such as src/**/*.ts.' },
    path: FOLDER,
  },
  required: ['pattern'],
  additionalProperties: false,
} as const;

const GREP_SCHEMA = {
  type: 'object',
  properties: {
    pattern: { type: 'string', minLength: 1, description: 'A regular expression in the dialect of ripgrep.' },
    path: FOLDER,
  },
  required: ['pattern'],
  additionalProperties: false,
} as const;

const WEB_FETCH_SCHEMA = {
  type: 'object',
  properties: { url: { type: 'string', minLength: 1, description: 'The address of the page, with http or https.' } },
  required: ['url'],
  additionalProperties: false,
} as const;

const WEB_SEARCH_SCHEMA = {
  type: 'object',
  properties: { query: { type: 'string', minLength: 2, description: 'What to search for.' } },
  required: ['query'],
  additionalProperties: false,
} as const;

const agentRead = adapt(readTool, {
  name: 'read',
  inputSchema: READ_SCHEMA,
  toInput({ file_path, view_range: [first = 1, last = -1] = [] }) {
    if (first < 1 || (last !== -1 && last < first))
      throw new Error('view_range must be [first, last] with 1 <= first <= last, or -1 as the last');
    return { file_path, offset: first, ...(last === -1 ? {} : { limit: last - first + 1 }) };
  },
});

const parseBash = inputParser(BASH_SCHEMA);
const agentBash: Tool<FromSchema<typeof BASH_SCHEMA>> = {
  ...bashTool,
  name: 'bash',
  aliases: ['Bash'],
  inputSchema: BASH_SCHEMA,
  async parse(input) {
    const parsed = await parseBash(input);
    if (parsed.command === undefined && parsed.restart !== true) throw new Error('"command" is missing');
    // It was decided about as a command that runs where the last one has left the shell.
    if (parsed.command !== undefined && parsed.restart === true) throw new Error('"restart" goes without a command');
    return parsed;
  },
  target: ({ command }) => ({ command }),
  async run({ command, timeout_ms }, context): Promise<ToolOutcome> {
    if (command === undefined)
      return { content: `[The next command runs in ${context.cwd}.]`, state: { [SHELL_FOLDER]: context.cwd } };
    return runCommand({ command, timeout: timeout_ms }, context, { endsInTime: true });
  },
};

const agentGlob = adapt(globTool, { name: 'glob', inputSchema: GLOB_SCHEMA, toInput: (input) => input });

const agentGrep = adapt(grepTool, {
  name: 'grep',
  inputSchema: GREP_SCHEMA,
  toInput: (input) => ({ ...input, output_mode: 'content' as const }),
});

/** Without a prompt, so that the text of the page is given. */
const agentWebFetch = adapt(webFetchTool, {
  name: 'web_fetch',
  inputSchema: WEB_FETCH_SCHEMA,
  toInput: ({ url }) => ({ url: pageUrl(url).href }),
});

const agentWebSearch = adapt(webSearchTool, {
  name: 'web_search',
  inputSchema: WEB_SEARCH_SCHEMA,
  toInput: (input) => input,
});

/** `write` and `edit` take the same inputs in both sets. */
const agentWrite: Tool = { ...writeTool, name: 'write', aliases: ['Write'] };
const agentEdit: Tool = { ...editTool, name: 'edit', aliases: ['Edit'] };

export const AGENT_TOOLSET: readonly Tool[] = [
  agentBash,
  agentRead,
  agentWrite,
  agentEdit,
  agentGlob,
  agentGrep,
  agentWebFetch,
  agentWebSearch,
];

/** A tool behind another name and input; `toInput` may throw what the model has to mend. */
function adapt<I, const S extends ObjectSchema>(
  tool: Tool<I>,
  o: { name: string; inputSchema: S; toInput(input: FromSchema<S>): I },
): Tool<FromSchema<S>> {
  const parse = inputParser(o.inputSchema);
  return {
    ...tool,
    name: o.name,
    aliases: [tool.name],
    inputSchema: o.inputSchema,
    async parse(input) {
      const parsed = await parse(input);
      o.toInput(parsed);
      return parsed;
    },
    target: (input) => tool.target(o.toInput(input)),
    run: (input, context) => tool.run(o.toInput(input), context),
  };
}
