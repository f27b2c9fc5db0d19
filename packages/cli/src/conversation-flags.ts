import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Options } from 'colloquy';
import { requireSandbox } from 'colloquy/internal';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from './describe-error.ts';
import { plainText } from './plain-text.ts';
import { splitRules } from './split-rules.ts';

/** The flags that `ask` and `chat` share, as commander hands them over. */
export type ConversationFlags = {
  model?: string;
  permissionMode?: Options['permissionMode'];
  allowedTools: string[];
  disallowedTools: string[];
  resume?: string;
  continue?: true;
  forkSession?: true;
  cwd?: string;
  offline?: true;
  maxTurns?: number;
  maxBudgetUsd?: number;
  systemPrompt?: string;
  requireSandbox?: true;
  data?: string;
};

/** The modes a person can choose. `bypassPermissions` needs a second consent, which this command line does not ask for. */
export const MODES = ['default', 'askForEdits', 'acceptEdits', 'plan', 'readOnly', 'strict', 'dontAsk'] as const;

/** Is this one of the modes a person can choose? */
export function isMode(text: string): text is (typeof MODES)[number] {
  return MODES.some((mode) => mode === text);
}

/** Adds the shared flags to a command. */
export function addConversationFlags(command: Command): Command {
  return command
    .option(
      '--model <model>',
      'a model id, or opus, sonnet, haiku, fable (default: $ANTHROPIC_MODEL, else claude-opus-5-5)',
    )
    .addOption(new Option('--permission-mode <mode>', 'what may run without being asked for').choices(MODES))
    .option('--allowed-tools <rules>', 'allow rules, separated by commas: "Read, Bash(npm test)"', collectRules, [])
    .option('--disallowed-tools <rules>', 'deny rules; a bare name takes the tool away', collectRules, [])
    .option('--resume <id>', 'go on with this session')
    .option('--continue', 'go on with the newest session of the folder')
    .option('--fork-session', 'with either of these: in a copy of that session')
    .option('--cwd <folder>', 'where tools work (default: the folder you are in)')
    .option('--offline', 'no network: a simulated assistant answers')
    .option('--max-turns <n>', 'most model requests a prompt may make', parseCount)
    .option('--max-budget-usd <amount>', 'stop before the session could cost more, at list price', parseAmount)
    .option('--system-prompt <text>', 'in place of the built-in one')
    .option('--require-sandbox', 'where no sandbox works, run no commands at all')
    .addOption(dataOption());
}

/** Where sessions are kept: for commands that read or write them. */
export function dataOption(): Option {
  return new Option('--data <folder>', 'where sessions are kept (default: $COLLOQUY_HOME, else your data folder)');
}

/** Points this process's store at the folder of `--data`. */
export function useDataFolder(flags: { data?: string }): void {
  if (flags.data !== undefined) process.env['COLLOQUY_HOME'] = resolve(flags.data);
}

/** The options of the conversation that the flags describe. @throws UsageError */
export function toOptions(flags: ConversationFlags): Options {
  if (flags.resume !== undefined && flags.continue) {
    throw new UsageError('--resume and --continue both name the session to go on with; give one of them');
  }
  return {
    cwd: existingFolder(flags.cwd ?? '.'),
    model: flags.model,
    permissionMode: flags.permissionMode,
    allowedTools: flags.allowedTools,
    disallowedTools: flags.disallowedTools,
    resume: flags.resume,
    continue: flags.continue,
    forkSession: flags.forkSession,
    maxTurns: flags.maxTurns,
    maxBudgetUsd: flags.maxBudgetUsd,
    systemPrompt: flags.systemPrompt,
  };
}

/** With `--require-sandbox`, commands run in a sandbox or not at all; the second is told. */
export async function withRequiredSandbox(options: Options, flags: ConversationFlags): Promise<Options> {
  if (!flags.requireSandbox) return options;
  const required = await requireSandbox(options);
  if (required.why !== undefined)
    process.stderr.write(`Commands are turned off: no sandbox works here, since ${plainText(required.why)}\n`);
  return required.options;
}

/** The absolute path of a folder that is there. @throws UsageError */
export function existingFolder(folder: string): string {
  const path = resolve(folder);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError(`--cwd: there is no folder ${path}`);
  }
  return path;
}

/** Rules of a flag that may be given more than once, with commas or without. */
export function collectRules(text: string, before: string[]): string[] {
  return [...before, ...splitRules(text)];
}

/** A positive whole number. */
export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It takes a whole number from 1.');
  return Number(text);
}

/** A TCP port; 0 means a free one. */
export function parsePort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError('It takes a port, 0 to 65535; 0 picks a free one.');
  return Number(text);
}

function parseAmount(text: string): number {
  const amount = Number(text);
  if (text.trim() === '' || !Number.isFinite(amount) || amount <= 0)
    throw new InvalidArgumentError('It takes an amount above 0.');
  return amount;
}
