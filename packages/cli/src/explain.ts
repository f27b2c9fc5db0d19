import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { explainPermission, listSessions, SessionNotFoundError } from 'colloquy';
import { checkSettings, createApiEngine, type Settings, type SimulatedCall, simulatePolicy } from 'colloquy/internal';
import { Command, Option } from 'commander';
import { collectRules, dataOption, existingFolder, isMode, MODES, useDataFolder } from './conversation-flags.ts';
import { UsageError } from './describe-error.ts';
import { explanationText, simulationText } from './explain-text.ts';

type Flags = {
  allow: string[];
  ask: string[];
  deny: string[];
  mode?: string;
  cwd?: string;
  sandbox?: true;
  settings: boolean;
  policy?: string;
  sessions?: string[];
  json?: true;
  data?: string;
};

/** `colloquy explain`: what would be decided about a call and why, or what another policy would have changed. */
export function explainCommand(): Command {
  return new Command('explain')
    .summary('say what would be decided about a tool call, and why')
    .description(
      [
        'Says what would be decided about a tool call: the decision, the rule or mode that speaks, and the parts of a command.',
        'With --policy: runs the permissions of a file over recorded sessions, and says which calls would have been',
        'allowed, asked or refused that were not. Nothing is run either way.',
      ].join('\n'),
    )
    .argument('[tool]', 'the tool: Bash, Read, Write, mcp__server__tool …')
    .argument('[input]', 'its input as JSON, or simply the command, path or address')
    .option('--allow <rules>', 'allow rules, separated by commas', collectRules, [])
    .option('--ask <rules>', 'ask rules', collectRules, [])
    .option('--deny <rules>', 'deny rules', collectRules, [])
    .addOption(new Option('--mode <mode>', 'the permission mode').choices(MODES))
    .option('--cwd <folder>', 'where the call would be made (default: the folder you are in)')
    .option('--sandbox', 'as if commands ran in a working sandbox')
    .option('--no-settings', 'without the settings files of user and project')
    .option('--policy <file>', 'a settings file: its `permissions` are tried on recorded sessions')
    .option('--sessions <ids...>', 'with --policy: these sessions (default: all that are stored)')
    .option('--json', 'as JSON')
    .addOption(dataOption())
    .addHelpText('after', EXAMPLES)
    .action(explain);
}

const EXAMPLES = `
Examples:
  colloquy explain Bash "git push --force"
  colloquy explain Bash "npm test && rm -rf build" --allow "Bash(npm test)"
  colloquy explain Write src/main.ts --mode acceptEdits
  colloquy explain --policy .claude/settings.json`;

async function explain(tool: string | undefined, input: string | undefined, flags: Flags): Promise<void> {
  useDataFolder(flags);
  if (flags.policy !== undefined) {
    if (tool !== undefined) throw new UsageError('--policy is about recorded calls; leave the tool and its input out');
    return simulate(flags.policy, flags);
  }
  if (tool === undefined || input === undefined)
    throw new UsageError('Name a tool and its input, such as: colloquy explain Bash "git push"; or give --policy');
  const decision = await explainPermission({
    tool,
    input: toInput(tool, input),
    rules: { allow: flags.allow, ask: flags.ask, deny: flags.deny },
    mode: flags.mode !== undefined && isMode(flags.mode) ? flags.mode : undefined,
    cwd: existingFolder(flags.cwd ?? '.'),
    settingSources: flags.settings ? ['user', 'project', 'local'] : [],
    sandbox: flags.sandbox === true ? 'working' : 'none',
  });
  print(flags.json ? JSON.stringify(decision, null, 2) : explanationText(tool, input, decision));
}

/** What a tool's input mainly is, where somebody writes no JSON. */
const MAIN_FIELD: Record<string, string> = {
  Bash: 'command',
  Monitor: 'command',
  Read: 'file_path',
  Write: 'file_path',
  Edit: 'file_path',
  MultiEdit: 'file_path',
  NotebookEdit: 'notebook_path',
  LS: 'path',
  Glob: 'pattern',
  Grep: 'pattern',
  WebFetch: 'url',
  WebSearch: 'query',
};

/** Whatever else the tools want of an input, when only its main part is asked about. */
const REST: Record<string, Record<string, unknown>> = {
  Monitor: { description: '…', timeout_ms: 1000 },
  Write: { content: '' },
  Edit: { old_string: 'a', new_string: 'b' },
  MultiEdit: { edits: [{ old_string: 'a', new_string: 'b' }] },
  NotebookEdit: { new_source: '', cell_id: '1' },
  WebFetch: { prompt: '…' },
};

/** @throws UsageError for text where only JSON will do */
function toInput(tool: string, text: string): Record<string, unknown> {
  if (text.trimStart().startsWith('{')) {
    try {
      // What begins like an object and is JSON is one.
      return JSON.parse(text) as Record<string, unknown>;
    } catch (error) {
      if (MAIN_FIELD[tool] === undefined) throw new UsageError(`The input is not JSON: ${String(error)}`);
    }
  }
  const field = MAIN_FIELD[tool];
  if (field === undefined) throw new UsageError(`Write the input of ${tool} as JSON, such as '{"key": "value"}'`);
  const path = field.endsWith('path') ? resolve(text) : text;
  return { ...REST[tool], [field]: path };
}

async function simulate(file: string, flags: Flags): Promise<void> {
  const policy = readPolicy(file);
  const engine = createApiEngine();
  try {
    const store = await engine.store();
    const sessions =
      flags.sessions ?? (await listSessions({ limit: Number.MAX_SAFE_INTEGER })).map((each) => each.sessionId);
    for (const id of flags.sessions ?? [])
      if ((await store.sessions.get(id)) === undefined) throw new SessionNotFoundError(id);
    const calls: SimulatedCall[] = [];
    const sandbox = flags.sandbox === true ? 'working' : 'none';
    for await (const call of simulatePolicy(store, policy, { sessions, sandbox, canAsk: true })) calls.push(call);
    print(flags.json ? JSON.stringify(calls, null, 2) : simulationText(file, sessions.length, calls));
  } finally {
    await engine.close();
  }
}

/** The `permissions` of a settings file. @throws UsageError when it cannot be read or used */
function readPolicy(file: string): Pick<Settings, 'permissions'> {
  const { permissions } = readJson(file);
  const wanted = permissions === undefined ? 'an object with `permissions`' : checkSettings({ permissions });
  if (wanted !== undefined) throw new UsageError(`${file} must be ${wanted}`);
  // Just checked.
  return { permissions } as Pick<Settings, 'permissions'>;
}

function readJson(file: string): Record<string, unknown> {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    // Whatever it is, its properties are looked at one by one.
    if (typeof content === 'object' && content !== null) return content as Record<string, unknown>;
  } catch (error) {
    throw new UsageError(
      `${file} cannot be read as a policy: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  throw new UsageError(`${file} cannot be read as a policy: it holds no object`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
