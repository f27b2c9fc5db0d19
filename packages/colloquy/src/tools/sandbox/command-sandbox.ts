import type { Shell, ToolTarget } from '../tool.ts';
import type { SandboxOptions } from './session-sandbox.ts';

/** Where the commands of a session run. */
export type CommandSandbox = {
  /** How the command of a call would run. @throws Error when it must run in a sandbox and none works */
  confinementOf(target: ToolTarget): Promise<'working' | 'none'>;
  /** Whether what runs in the sandbox is allowed unless something speaks against it. */
  allowsConfined: boolean;
  /** The shell for a call that was decided about as one of that target. */
  shellFor(target: ToolTarget): Shell;
  /** Ends what was begun for it, and removes what was left behind. */
  close(): Promise<void>;
};

/** The sandbox of a session. Until the first command nothing is loaded, looked for or made. */
export function createCommandSandbox(o: Omit<SandboxOptions, 'detect'>): CommandSandbox {
  let loaded: Promise<CommandSandbox> | undefined;
  const load = (): Promise<CommandSandbox> => (loaded ??= loadSandbox(o));
  return {
    allowsConfined: o.settings?.autoAllowBashIfSandboxed ?? o.settings?.enabled === true,
    confinementOf: async (target) => (await load()).confinementOf(target),
    shellFor: (target) => ({ run: async (command, options) => (await load()).shellFor(target).run(command, options) }),
    close: async () => (await loaded)?.close(),
  };
}

async function loadSandbox(o: Omit<SandboxOptions, 'detect'>): Promise<CommandSandbox> {
  const [{ SessionSandbox }, { detectSandbox }] = await Promise.all([
    import('./session-sandbox.ts'),
    import('./detect.ts'),
  ]);
  return new SessionSandbox({ ...o, detect: detectSandbox });
}
