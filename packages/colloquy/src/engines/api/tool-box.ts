import { ConfigurationError } from '../../errors.ts';
import type { Options } from '../../options/options.ts';
import type { Tool } from '../../tools/tool.ts';
import type { ToolBox } from '../../turn/turn-world.ts';

/** Tools with which a person is asked, and those that make sense only with them. */
const WITH_A_PERSON: ReadonlySet<string> = new Set(['EnterPlanMode']);

/** Tools that are only there because something else was asked for: a form of the answer, or more tools than are shown. */
const IMPLIED: ReadonlySet<string> = new Set(['StructuredOutput', 'ToolSearch']);

/**
 * The tools that a session offers: of the built-in ones those that `tools` names, or else all that need not be asked for; all of
 * the program's own. Not those that a rule denies, and none that ask a person where there is nobody.
 * @throws ConfigurationError when `tools` names one that is not there
 */
export function toolBox(
  all: readonly Tool[],
  options: Options,
  o: { isDenied(tool: Tool): boolean; canAsk: boolean },
): ToolBox {
  // As in a plain conversation, of which thousands may be open.
  if (all.length === 0 && !(Array.isArray(options.tools) && options.tools.length > 0))
    return { toolset: 'claude_code', offered: NO_TOOLS, find: findNothing };
  const wanted = Array.isArray(options.tools) ? namedBy(options.tools, all) : undefined;
  const offered = all.filter((tool) => {
    if (o.isDenied(tool) || (!o.canAsk && (tool.needsPerson === true || WITH_A_PERSON.has(tool.name)))) return false;
    if (!isBuiltIn(tool) || IMPLIED.has(tool.name)) return true;
    return wanted === undefined ? tool.onRequest !== true : wanted.has(tool);
  });
  const byName = new Map(offered.flatMap((tool) => [tool.name, ...(tool.aliases ?? [])].map((name) => [name, tool])));
  return { toolset: 'claude_code', offered, find: (name) => byName.get(name) };
}

const NO_TOOLS: readonly Tool[] = [];
const findNothing = (): undefined => undefined;

function namedBy(names: readonly string[], all: readonly Tool[]): ReadonlySet<Tool> {
  const known = new Map(all.flatMap((tool) => [tool.name, ...(tool.aliases ?? [])].map((name) => [name, tool])));
  const tools = names.map((name) => known.get(name) ?? unknownTool(name, all));
  return new Set(tools);
}

function unknownTool(name: string, all: readonly Tool[]): never {
  const names = all.filter(isBuiltIn).map((tool) => tool.name);
  throw new ConfigurationError(
    `Option \`tools\` names ${name}, which is no built-in tool; there are ${names.join(', ')}`,
  );
}

const isBuiltIn = (tool: Tool): boolean => !tool.name.startsWith('mcp__');
