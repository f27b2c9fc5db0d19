import { nearestName } from '../helpers/nearest-name.ts';
import { isAboutTool, type NamedTool } from './rules.ts';
import type { PlacedRule } from './state.ts';
import { isForeignTool, RULE_TOOL_NAMES } from './tool-names.ts';
import { tellRule } from './tell-rule.ts';

/** What people should know of rules that no tool is meant by: they may be mistyped. MCP tools may come later. */
export function warnOfRules(rules: readonly PlacedRule[], tools: readonly NamedTool[]): string[] {
  return rules.flatMap((rule) => {
    const { tool } = rule;
    if (tool.startsWith('mcp__') || tools.some((each) => isAboutTool(rule, each))) return [];
    if (isForeignTool(tool)) return [`The rule ${tellRule(rule)} does nothing: there is no tool ${tool} here.`];
    if (RULE_TOOL_NAMES.has(tool)) return [];
    const meant = nearestName(tool, RULE_TOOL_NAMES);
    const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
    return [`The rule ${tellRule(rule)} does nothing: no tool is called ${tool}.${hint}`];
  });
}
