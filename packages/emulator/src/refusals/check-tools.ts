import { isRecord } from '../request/messages-request.ts';
import { checkExtra } from './check-fields.ts';
import { refuse } from './refusal.ts';

/** The documentation says 64 characters; the server is reported to tolerate 128. */
const NAME = /^[a-zA-Z0-9_-]{1,128}$/;
const CUSTOM = [
  'type',
  'name',
  'description',
  'input_schema',
  'strict',
  'eager_input_streaming',
  'defer_loading',
  'input_examples',
  'allowed_callers',
  'cache_control',
];

/** The tools that a request offers. */
export function checkTools(tools: unknown): void {
  if (tools === undefined) return;
  if (!Array.isArray(tools)) refuse('tools: Input should be a list');
  const names = new Set<string>();
  for (const [index, tool] of tools.entries()) {
    const name = checkTool(tool, `tools.${index}`);
    if (names.has(name)) refuse('tools: Tool names must be unique.');
    names.add(name);
  }
}

export function isToolName(name: unknown): name is string {
  return typeof name === 'string' && NAME.test(name);
}

function checkTool(tool: unknown, place: string): string {
  if (!isRecord(tool)) refuse(`${place}: Input should be an object`);
  if (!isToolName(tool.name)) refuse(`${place}.name: String should match pattern '${NAME.source}'`);
  // A type other than custom names a tool of the API's own, whose fields are its own.
  if (tool.type === undefined || tool.type === 'custom') checkCustom(tool, `${place}.custom`);
  return tool.name;
}

function checkCustom(tool: Record<string, unknown>, place: string): void {
  checkExtra(tool, CUSTOM, place);
  if (tool.description !== undefined && typeof tool.description !== 'string')
    refuse(`${place}.description: Input should be a valid string`);
  const schema = tool.input_schema;
  if (!isRecord(schema)) refuse(`${place}.input_schema: Field required`);
  if (schema.type !== 'object') refuse(`${place}.input_schema.type: Input should be 'object'`);
  if (schema.properties !== undefined && !isRecord(schema.properties))
    refuse(`${place}.input_schema.properties: Input should be an object`);
  if (tool.strict === true && (schema.additionalProperties !== false || !Array.isArray(schema.required))) {
    refuse(`${place}.input_schema: a strict tool needs 'additionalProperties: false' and 'required'`);
  }
}
