import { isRecord, type MessagesRequest, type RequestTool } from '../request/messages-request.ts';
import { sampleValue } from '../schema/sample-value.ts';

export type ToolKind = 'read' | 'write' | 'edit' | 'glob' | 'grep' | 'bash';

/** What a call means, under names of our own; absent values are left out of the input. */
export type Meaning = {
  path?: string | undefined;
  content?: string | undefined;
  oldText?: string | undefined;
  newText?: string | undefined;
  pattern?: string | undefined;
  command?: string | undefined;
};

/** The names under which tools may know each part of the meaning, likeliest first. */
const FIELDS: Record<keyof Meaning, readonly string[]> = {
  path: ['file_path', 'path'],
  content: ['content'],
  oldText: ['old_string'],
  newText: ['new_string'],
  pattern: ['pattern'],
  command: ['command'],
};

/** The offered tool of a kind, whatever its capitals; undefined when there is none or tools are turned off. */
export function offeredTool(request: MessagesRequest, kind: ToolKind): RequestTool | undefined {
  return usable(request).find((tool) => tool.name.toLowerCase() === kind);
}

/** The offered tool of a name; `mcp__server__name` also answers to its last part. */
export function namedTool(request: MessagesRequest, name: string): RequestTool | undefined {
  const tools = usable(request);
  return tools.find((tool) => tool.name === name) ?? tools.find((tool) => tool.name.endsWith(`__${name}`));
}

/** The input that says this to a tool: each part under the first name that the tool's schema has. */
export function inputFor(tool: RequestTool, meaning: Meaning): Record<string, unknown> {
  const properties = tool.input_schema?.properties ?? {};
  const parts = Object.entries(FIELDS).flatMap(([part, names]) => {
    const value = Object.entries(meaning).find(([key]) => key === part)?.[1];
    if (value === undefined) return [];
    return [[names.find((name) => Object.hasOwn(properties, name)) ?? names[0] ?? part, value]];
  });
  return Object.fromEntries(parts);
}

/** The tool that the request demands a call of: the named one, or for `any` the first. */
export function forcedTool(request: MessagesRequest): RequestTool | undefined {
  const choice = request.tool_choice;
  if (choice?.type !== 'any' && choice?.type !== 'tool') return undefined;
  const ours = (request.tools ?? []).filter((tool) => tool.input_schema !== undefined);
  return choice.type === 'tool' ? ours.find((tool) => tool.name === choice.name) : ours[0];
}

/** An input that fits the schema of a tool. */
export function sampleInput(tool: RequestTool): Record<string, unknown> {
  const value = sampleValue(tool.input_schema ?? {});
  return isRecord(value) ? value : {};
}

function usable(request: MessagesRequest): readonly RequestTool[] {
  return request.tool_choice?.type === 'none' ? [] : (request.tools ?? []);
}
