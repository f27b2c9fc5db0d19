import type { Decision } from '../../log/entries.ts';
import type { PermissionModeInput } from '../../options/permissions.ts';
import { createJudge } from './judge.ts';

/** A tool call that nobody has made, and what would decide about it. */
export type PermissionQuestion = {
  /** The name of a built-in tool, or of a program's own: `mcp__<server>__<tool>`. */
  tool: string;
  input: Record<string, unknown>;
  rules?: { allow?: string[] | undefined; ask?: string[] | undefined; deny?: string[] | undefined } | undefined;
  /** Default: `default`, or what the settings files read say. */
  mode?: PermissionModeInput | undefined;
  /** Default: the process's working directory. */
  cwd?: string | undefined;
  additionalDirectories?: string[] | undefined;
  /** Settings files whose permissions count too. Default: none. */
  settingSources?: ('user' | 'project' | 'local')[] | undefined;
  /** Whether commands would run in a working sandbox. Default `none`. */
  sandbox?: 'working' | 'none' | undefined;
  /** False: what would have to be asked is denied. Default true. */
  canAsk?: boolean | undefined;
};

/**
 * Says what would be decided about a call, by what, and why: the decision, its source, the rule, and for a command each of its parts.
 * Nothing is run, written or asked; paths are looked up as they are now.
 * @throws ConfigurationError for a rule, a mode or an input that cannot be
 */
export async function explainPermission(question: PermissionQuestion): Promise<Decision> {
  const { tool, input, rules, mode, cwd, additionalDirectories, settingSources, sandbox, canAsk } = question;
  const judge = await createJudge({
    cwd,
    permissionMode: mode,
    additionalDirectories,
    settings: { permissions: { ...rules } },
    settingSources: settingSources ?? [],
    // Only asked about: nothing is skipped here.
    allowDangerouslySkipPermissions: mode === 'bypassPermissions',
  });
  return judge({ tool, input }, { sandbox: sandbox ?? 'none', canAsk: canAsk ?? true });
}
