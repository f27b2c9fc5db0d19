import { isRecord } from '../request/messages-request.ts';
import { checkApiTool } from './check-api-tool.ts';
import { checkExtra } from './check-fields.ts';
import { BOOLEAN, checkTypes, LIST, rulesOf, STRING } from './check-types.ts';
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
const RULES = rulesOf({
  description: STRING,
  strict: BOOLEAN,
  eager_input_streaming: BOOLEAN,
  defer_loading: BOOLEAN,
  input_examples: LIST,
  allowed_callers: LIST,
});

/** The tools that a request offers. */
export function checkTools(tools: unknown, betas: readonly string[]): void {
  if (tools === undefined) return;
  if (!Array.isArray(tools)) refuse('tools: Input should be a list');
  const names = new Set<string>();
  for (const [index, tool] of tools.entries()) {
    const name = checkTool(tool, { place: `tools.${index}`, betas });
    if (name === undefined) continue;
    if (names.has(name)) refuse('tools: Tool names must be unique.');
    names.add(name);
  }
}

export function isToolName(name: unknown): name is string {
  return typeof name === 'string' && NAME.test(name);
}

/** Returns the tool's name; a set of tools has none. */
function checkTool(tool: unknown, o: { place: string; betas: readonly string[] }): string | undefined {
  const { place } = o;
  if (!isRecord(tool)) refuse(`${place}: Input should be an object`);
  const type = tool.type ?? 'custom';
  if (typeof type !== 'string') refuse(`${place}.type: Input should be a valid string`);
  if (type !== 'custom') return checkApiTool(tool, { ...o, type });
  if (!isToolName(tool.name)) refuse(`${place}.name: String should match pattern '${NAME.source}'`);
  checkCustom(tool, `${place}.custom`);
  return tool.name;
}

function checkCustom(tool: Record<string, unknown>, place: string): void {
  checkExtra(tool, CUSTOM, place);
  checkTypes(tool, RULES, place);
  const schema = tool.input_schema;
  if (!isRecord(schema)) refuse(`${place}.input_schema: Field required`);
  if (schema.type !== 'object') refuse(`${place}.input_schema.type: Input should be 'object'`);
  if (schema.properties !== undefined && !isRecord(schema.properties))
    refuse(`${place}.input_schema.properties: Input should be an object`);
  if (tool.strict === true && (schema.additionalProperties !== false || !Array.isArray(schema.required))) {
    refuse(`${place}.input_schema: a strict tool needs 'additionalProperties: false' and 'required'`);
  }
}
