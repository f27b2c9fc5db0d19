/** What the brackets of a rule hold, by tool. Rules for other tools have none. */
export type SpecifierKind = 'command' | 'path' | 'domain' | 'name';

/** Former names of tools, as they stand in old settings and rules. */
const FORMER_NAMES: Readonly<Record<string, string>> = {
  Task: 'Agent',
  KillShell: 'TaskStop',
  KillBash: 'TaskStop',
  BashOutput: 'TaskOutput',
  ListMcpResources: 'ListMcpResourcesTool',
  ReadMcpResource: 'ReadMcpResourceTool',
};

/** The tool set of managed agents has names of its own; rules for either set mean both. */
const SPECIFIERS: Readonly<Record<string, SpecifierKind>> = {
  Bash: 'command',
  bash: 'command',
  Monitor: 'command',
  Read: 'path',
  read: 'path',
  Edit: 'path',
  edit: 'path',
  Write: 'path',
  write: 'path',
  MultiEdit: 'path',
  LS: 'path',
  NotebookEdit: 'path',
  Glob: 'path',
  glob: 'path',
  Grep: 'path',
  grep: 'path',
  WebFetch: 'domain',
  web_fetch: 'domain',
  Agent: 'name',
  Skill: 'name',
};

/** Tools without a specifier that rules may well name. */
const PLAIN_TOOLS: readonly string[] = [
  'AskUserQuestion',
  'EnterPlanMode',
  'ExitPlanMode',
  'ListMcpResourcesTool',
  'ReadMcpResourceTool',
  'StructuredOutput',
  'TaskCreate',
  'TaskGet',
  'TaskList',
  'TaskOutput',
  'TaskStop',
  'TaskUpdate',
  'TodoWrite',
  'ToolSearch',
  'WebSearch',
  'web_search',
];

/** Tools of other versions and of other programs: rules about them are taken, and mean nothing here. */
const FOREIGN_TOOLS: ReadonlySet<string> = new Set([
  'Artifact',
  'Config',
  'CronCreate',
  'CronDelete',
  'CronList',
  'EnterWorktree',
  'ExitWorktree',
  'LSP',
  'ListAgents',
  'NotebookRead',
  'PowerShell',
  'Projects',
  'PushNotification',
  'RemoteTrigger',
  'ReportFindings',
  'ScheduleWakeup',
  'SendMessage',
  'SlashCommand',
  'Workflow',
]);

/** Every name of a tool that rules may be about without a word, MCP tools apart. */
export const RULE_TOOL_NAMES: ReadonlySet<string> = new Set([...Object.keys(SPECIFIERS), ...PLAIN_TOOLS]);

/** The name that a tool has now. */
export function currentName(name: string): string {
  return (Object.hasOwn(FORMER_NAMES, name) ? FORMER_NAMES[name] : undefined) ?? name;
}

/** Undefined for a tool whose rules have no brackets. */
export function specifierKind(tool: string): SpecifierKind | undefined {
  return Object.hasOwn(SPECIFIERS, tool) ? SPECIFIERS[tool] : undefined;
}

export function isForeignTool(name: string): boolean {
  return FOREIGN_TOOLS.has(name);
}
