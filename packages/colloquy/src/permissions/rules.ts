import { ConfigurationError } from '../errors.ts';
import type { PermissionRuleValue } from '../options/permissions.ts';
import { parseHostPattern } from './match-host.ts';
import { whyNoPathPattern } from './path-pattern.ts';
import { currentName, isForeignTool, specifierKind } from './tool-names.ts';

/** A rule as it was written, taken apart. */
export type Rule = {
  /** A tool's name, the newer one where it has had others, `mcp__server` or `mcp__server__tool`. */
  tool: string;
  /** What stands in brackets; undefined for the whole tool. */
  specifier: string | undefined;
  /** The rule in one line, for people. */
  text: string;
  /** Why its brackets are not understood: it never allows, and as a refusal it may be about every call of the tool. */
  flaw?: string | undefined;
};

/** A tool as far as rules know it. */
export type NamedTool = { name: string; aliases?: readonly string[] | undefined };

const TOOL_NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const WHOLE_MCP_SERVER = /^(mcp__(?:(?!__).)+)__\*$/;

/** Tools whose calls the path rules of another tool also govern. */
const GOVERNED_BY: Readonly<Record<string, readonly string[]>> = {
  Read: ['Glob', 'Grep', 'LS'],
  read: ['glob', 'grep'],
  Edit: ['Write', 'MultiEdit', 'NotebookEdit'],
  edit: ['write'],
};

/**
 * Reads a rule: `Tool`, `Tool(*)` (the same), `Tool(specifier)`, `mcp__server`, `mcp__server__*`, `mcp__server__tool`.
 * @throws ConfigurationError for what is not of these forms, or has brackets that mean nothing for its tool.
 */
export function parseRule(text: string): Rule {
  return sound(readRule(text));
}

/** Reads a rule as permission updates carry it. @throws ConfigurationError like `parseRule` */
export function fromRuleValue(value: PermissionRuleValue): Rule {
  const { toolName, ruleContent } = value;
  return sound(makeRule(toolName, ruleContent, ruleContent === undefined ? toolName : `${toolName}(${ruleContent})`));
}

/** Like `parseRule`, but a rule whose brackets are not understood is given with its flaw. @throws ConfigurationError for what is no rule */
export function readRule(text: string): Rule {
  const open = text.indexOf('(');
  if (open === -1) return makeRule(text, undefined, text);
  if (!text.endsWith(')')) throw malformed(text, 'the bracket is not closed at its end');
  return makeRule(text.slice(0, open), text.slice(open + 1, -1), text);
}

function makeRule(name: string, content: string | undefined, text: string): Rule {
  const tool = currentName(WHOLE_MCP_SERVER.exec(name)?.[1] ?? name);
  if (!TOOL_NAME.test(tool)) throw malformed(text, 'it does not begin with the name of a tool');
  if (content !== undefined && content.trim() === '') throw malformed(text, 'there is nothing in its brackets');
  const specifier = content === '*' ? undefined : content;
  const flaw = specifier === undefined ? undefined : findFlaw(tool, specifier);
  return { tool, specifier, text, ...(flaw === undefined ? {} : { flaw }) };
}

function findFlaw(tool: string, specifier: string): string | undefined {
  const kind = specifierKind(tool);
  switch (kind) {
    case 'command':
    case 'name':
      return undefined;
    case 'path':
      return whyNoPathPattern(specifier);
    case 'domain':
      return parseHostPattern(specifier) === undefined
        ? 'it must be domain: and a host, such as domain:example.com or domain:*.example.com'
        : undefined;
    case undefined:
      return isForeignTool(tool) ? undefined : `rules for ${tool} have no brackets`;
    default:
      return kind satisfies never;
  }
}

function sound(rule: Rule): Rule {
  if (rule.flaw !== undefined) throw malformed(rule.text, rule.flaw);
  return rule;
}

function malformed(text: string, why: string): ConfigurationError {
  return new ConfigurationError(
    `${JSON.stringify(text)} is not a permission rule: ${why}. Write a tool's name, such as Read, or Bash(npm test) for one command`,
  );
}

/** Other tools that run commands: rules for Bash are rules for them, too. */
const RUNS_COMMANDS: ReadonlySet<string> = new Set(['Monitor']);

/** Whether a rule, its brackets apart, is about this tool; `mcp__server` is about all tools of the server. */
export function isAboutTool(rule: Rule, tool: NamedTool): boolean {
  if (namesOf(tool).includes(rule.tool)) return true;
  if (rule.tool === 'Bash' || rule.tool === 'bash') return RUNS_COMMANDS.has(tool.name);
  return (
    rule.tool.startsWith('mcp__') &&
    tool.name.startsWith(`${rule.tool}__`) &&
    !rule.tool.slice('mcp__'.length).includes('__')
  );
}

/** Whether the brackets of a rule count for this tool: its own rules, those of Read for searching, those of Edit for all editing. */
export function isGoverned(rule: Rule, tool: NamedTool): boolean {
  if (isAboutTool(rule, tool)) return true;
  const governed = (Object.hasOwn(GOVERNED_BY, rule.tool) ? GOVERNED_BY[rule.tool] : undefined) ?? [];
  return namesOf(tool).some((name) => governed.includes(name));
}

const namesOf = ({ name, aliases }: NamedTool): string[] => [name, ...(aliases ?? [])];
