import type { Options } from '../../options/options.ts';
import { detectSandbox } from './detect.ts';

/** The tools that run commands. */
const COMMAND_TOOLS = ['Bash', 'Monitor'];

/**
 * Options of a session whose commands run in a sandbox or not at all: where none works, the tools that run them are taken away, and
 * `why` says what is missing.
 */
export async function requireSandbox(options: Options): Promise<{ options: Options; why?: string }> {
  const detected = await detectSandbox();
  const { sandbox } = options;
  if (detected.works && sandbox?.enabled !== false) {
    const autoAllowBashIfSandboxed = sandbox?.autoAllowBashIfSandboxed ?? sandbox?.enabled === true;
    const required = { enabled: true, failIfUnavailable: true, allowUnsandboxedCommands: false, excludedCommands: [] };
    return { options: { ...options, sandbox: { ...sandbox, ...required, autoAllowBashIfSandboxed } } };
  }
  const why = detected.works ? 'the option `sandbox` turns it off' : detected.why;
  return { options: { ...options, disallowedTools: [...(options.disallowedTools ?? []), ...COMMAND_TOOLS] }, why };
}
