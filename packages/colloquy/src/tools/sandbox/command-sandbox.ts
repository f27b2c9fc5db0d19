import type { Shell, ToolTarget } from '../tool.ts';
import type { SandboxOptions, SessionSandbox } from './session-sandbox.ts';

/** Where the commands of a session run. */
export type CommandSandbox = {
  /** How the command of a call would run. @throws Error when it must run in a sandbox and none works */
  confinementOf(target: ToolTarget): Promise<'working' | 'none'>;
  /** Whether what runs in the sandbox is allowed unless something speaks against it. */
  allowsConfined: boolean;
  /** Whether what does not is asked about, whatever rules say. */
  asksUnconfined: boolean;
  /** The shell for a call that was decided about as one of that target. */
  shellFor(target: ToolTarget): Shell;
  /** Ends what was begun for it, and removes what was left behind. */
  close(): Promise<void>;
};

/** The sandbox of a session. Until the first command nothing is loaded, looked for or made. */
export function createCommandSandbox(
  o: Omit<SandboxOptions, 'detect'> & { asksUnconfined: () => boolean },
): CommandSandbox {
  let loaded: Promise<SessionSandbox> | undefined;
  const load = (): Promise<SessionSandbox> => (loaded ??= loadSandbox(o));
  return {
    get asksUnconfined() {
      return o.asksUnconfined();
    },
    allowsConfined: o.settings?.autoAllowBashIfSandboxed ?? o.settings?.enabled === true,
    confinementOf: async (target) => (await load()).confinementOf(target),
    shellFor: (target) => ({ run: async (command, options) => (await load()).shellFor(target).run(command, options) }),
    close: async () => (await loaded)?.close(),
  };
}

async function loadSandbox(o: Omit<SandboxOptions, 'detect'>): Promise<SessionSandbox> {
  const [{ SessionSandbox }, { detectSandbox }] = await Promise.all([
    import('./session-sandbox.ts'),
    import('./detect.ts'),
  ]);
  return new SessionSandbox({ ...o, detect: detectSandbox });
}
