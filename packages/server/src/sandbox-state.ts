import type { Options } from 'colloquy';
import { detectSandbox, requireSandbox } from 'colloquy/internal';
import type { AppOptions } from './app-options.ts';

/** `off`: no sandbox works, and so no command runs. */
export type SandboxState = 'working' | 'none' | 'off';

/** How commands run on this server, found out by trying. */
export async function sandboxState(options: AppOptions): Promise<SandboxState> {
  if (options.sandbox !== undefined) return options.sandbox;
  const isOn = options.sessionDefaults?.sandbox?.enabled !== false;
  if (isOn && (await detectSandbox()).works) return 'working';
  return options.requireSandbox === true ? 'off' : 'none';
}

/** The options of a session as the server's own rules about commands have them. */
export async function withSandboxRules(given: Options, { requireSandbox: required }: AppOptions): Promise<Options> {
  return required === true ? (await requireSandbox(given)).options : given;
}
