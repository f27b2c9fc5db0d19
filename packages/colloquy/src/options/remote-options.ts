/** Options that a server honours: they are sent there. The same list stands in its `SessionOptions`. */
export const SERVER_OPTION_NAMES: ReadonlySet<string> = new Set([
  'allowedTools',
  'cwd',
  'disallowedTools',
  'effort',
  'forwardSubagentText',
  'maxBudgetUsd',
  'maxOutputTokens',
  'maxRetries',
  'maxTurns',
  'model',
  'outputFormat',
  'permissionMode',
  'permissionPrompts',
  'planModeInstructions',
  'promptQueue',
  'systemPrompt',
  'thinking',
  'timeoutMs',
  'title',
  'tools',
]);

/** Options that this program honours itself. */
const CLIENT_OPTION_NAMES = [
  'abortController',
  'allowDangerouslySkipPermissions',
  'canUseTool',
  'continue',
  'engine',
  'forkSession',
  'includePartialMessages',
  'mcpServers',
  'resume',
  'send',
  'server',
  'sessionId',
  'verbose',
] as const;

/** The names of the options that the remote engine honours. */
export const REMOTE_OPTION_NAMES: ReadonlySet<string> = new Set([...SERVER_OPTION_NAMES, ...CLIENT_OPTION_NAMES]);

/** Why an option that the other engines have is refused here, where there is more to say than that. */
export const REMOTE_REFUSALS: ReadonlyMap<string, string> = new Map([
  [
    'hooks',
    'hooks run where the conversation runs, and this program is elsewhere; set them up at the server, or leave them out',
  ],
  ['env', 'credentials and variables are those of the server; leave it out'],
  ['client', 'the server has its own way to the model; leave it out'],
  ['persistSession', 'a server keeps its sessions; leave it out, and delete the session when it is done with'],
  ['sandbox', 'where commands run is for the operator of the server to say; leave it out'],
  ['settings', 'settings are those of the server; give `allowedTools` and `disallowedTools`'],
]);
