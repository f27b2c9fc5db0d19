import { ConfigurationError } from '../errors.ts';
import type { PermissionBehavior, PermissionRuleValue } from '../options/permissions.ts';

/** A rule as it was written, taken apart. */
export type Rule = {
  /** A tool's name or alias, `mcp__server` or `mcp__server__tool`. */
  tool: string;
  /** What stands in brackets; undefined for the whole tool. */
  specifier: string | undefined;
  /** The rule in one line, for people. */
  text: string;
};

/** A tool as far as rules know it. */
export type NamedTool = { name: string; aliases?: readonly string[] | undefined };

/**
 * How far a rule reaches a call. `unclear`: the rule has a specifier that is not understood here, or one that a command may
 * meet in a way that word for word comparison does not see; such a rule never allows, and is never ignored.
 */
export type RuleMatch = 'yes' | 'no' | 'unclear';

const TOOL_NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const WHOLE_MCP_SERVER = /^(mcp__(?:(?!__).)+)__\*$/;

/** Tools whose calls the path rules of another tool also govern. */
const GOVERNED_BY: Readonly<Record<string, readonly string[]>> = { Read: ['Glob', 'Grep'], Edit: ['Write'] };

/**
 * Reads a rule: `Tool`, `Tool(*)` (the same), `Tool(specifier)`, `mcp__server`, `mcp__server__*`, `mcp__server__tool`.
 * @throws ConfigurationError for what is not of these forms.
 */
export function parseRule(text: string): Rule {
  const open = text.indexOf('(');
  if (open === -1) return makeRule(text, undefined, text);
  if (!text.endsWith(')')) throw malformed(text, 'the bracket is not closed at its end');
  return makeRule(text.slice(0, open), text.slice(open + 1, -1), text);
}

/** Reads a rule as permission updates carry it. @throws ConfigurationError like `parseRule` */
export function fromRuleValue(value: PermissionRuleValue): Rule {
  const { toolName, ruleContent } = value;
  return makeRule(toolName, ruleContent, ruleContent === undefined ? toolName : `${toolName}(${ruleContent})`);
}

function makeRule(name: string, specifier: string | undefined, text: string): Rule {
  const tool = WHOLE_MCP_SERVER.exec(name)?.[1] ?? name;
  if (!TOOL_NAME.test(tool)) throw malformed(text, 'it does not begin with the name of a tool');
  if (specifier !== undefined && specifier.trim() === '') throw malformed(text, 'there is nothing in its brackets');
  return { tool, specifier: specifier === '*' ? undefined : specifier, text };
}

function malformed(text: string, why: string): ConfigurationError {
  return new ConfigurationError(
    `${JSON.stringify(text)} is not a permission rule: ${why}. Write a tool's name, such as Read, or Bash(npm test) for one command`,
  );
}

/** Whether a rule without specifier is about this tool; `mcp__server` is about all tools of the server. */
export function isAboutTool(rule: Rule, tool: NamedTool): boolean {
  if ([tool.name, ...(tool.aliases ?? [])].includes(rule.tool)) return true;
  return (
    rule.tool.startsWith('mcp__') &&
    tool.name.startsWith(`${rule.tool}__`) &&
    !rule.tool.slice('mcp__'.length).includes('__')
  );
}

/** Whether a rule is about a call of a tool. For shell rules the only specifier understood here is the exact command. */
export function matchRule(
  rule: Rule,
  behavior: PermissionBehavior,
  tool: NamedTool,
  command: string | undefined,
): RuleMatch {
  if (rule.specifier === undefined) return isAboutTool(rule, tool) ? 'yes' : 'no';
  if (!isAboutTool(rule, tool)) return isGoverned(rule, tool) && behavior !== 'allow' ? 'unclear' : 'no';
  if (command === undefined || isPattern(rule.specifier)) return 'unclear';
  if (rule.specifier === command) return 'yes';
  // An exact rule allows nothing else. As a refusal it may still be met: `ls; rm x` runs what `Bash(rm x)` is about.
  return behavior === 'allow' ? 'no' : 'unclear';
}

function isGoverned(rule: Rule, tool: NamedTool): boolean {
  const governed = GOVERNED_BY[rule.tool] ?? [];
  return [tool.name, ...(tool.aliases ?? [])].some((name) => governed.includes(name));
}

/** Whether a shell rule's specifier stands for more than one command. */
export function isPattern(specifier: string): boolean {
  return specifier.includes('*');
}
