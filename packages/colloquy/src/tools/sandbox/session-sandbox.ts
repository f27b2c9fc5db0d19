import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { SandboxSettings } from '../../options/sandbox.ts';
import { createLocalShell } from '../local-shell.ts';
import type { Shell, ShellOptions, ShellOutcome, ToolTarget } from '../tool.ts';
import type { Detected } from './detect.ts';
import { isExcluded } from './excluded-commands.ts';
import { gitIdentity } from './git-identity.ts';
import type { NetworkProxy } from './network-proxy.ts';
import { SessionTemp } from './session-temp.ts';

/** Of a session, what its sandbox is made for. */
export type SandboxOptions = {
  /** Undefined: in the sandbox where one works. */
  settings: SandboxSettings | undefined;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** The additional folders, as they are now. */
  directories(): readonly string[];
  /** Where this program keeps sessions and credentials, as far as is known now. */
  own(): readonly string[];
  isServer: boolean;
  /** Whether a sandbox works here. */
  detect(): Promise<Detected>;
};

/** `working`: in a sandbox. */
export type Confinement = 'working' | 'none';

/** Where the commands of a session run, and as what they are decided about. */
export class SessionSandbox {
  readonly #o: SandboxOptions;
  readonly #settings: SandboxSettings;
  readonly #local: Shell;
  readonly #temp = new SessionTemp();
  #proxy: Promise<NetworkProxy> | undefined;

  constructor(o: SandboxOptions) {
    this.#o = o;
    this.#settings = o.settings ?? {};
    this.#local = createLocalShell({ env: o.env });
  }

  /** How a command would run. @throws Error when it must run in a sandbox and none works */
  async confinementOf({ command = '', withoutSandbox }: ToolTarget): Promise<Confinement> {
    const { enabled, failIfUnavailable, allowUnsandboxedCommands, excludedCommands = [] } = this.#settings;
    if (enabled === false) return 'none';
    if (withoutSandbox === true && allowUnsandboxedCommands !== false) return 'none';
    if (await isExcluded(command, excludedCommands)) return 'none';
    const detected = await this.#o.detect();
    if (detected.works) return 'working';
    if (enabled === true && failIfUnavailable !== false) throw new Error(whyNoCommand(detected.why));
    return 'none';
  }

  /** The shell for a call that was decided about. */
  shellFor(target: ToolTarget): Shell {
    return {
      run: async (command, options) => {
        const confinement = await this.confinementOf({ ...target, command });
        return confinement === 'none' ? this.#local.run(command, options) : this.#runConfined(command, options);
      },
    };
  }

  /** Removes what commands have left at home and in `/tmp`, and ends the proxy. */
  async close(): Promise<void> {
    const proxy = await this.#proxy?.catch(() => undefined);
    await Promise.all([this.#temp.remove(), proxy?.close()]);
  }

  async #runConfined(command: string, options: ShellOptions): Promise<ShellOutcome> {
    const [detected, { runConfined }] = await Promise.all([this.#o.detect(), import('./run-confined.ts')]);
    if (!detected.works) throw new Error(whyNoCommand(detected.why));
    const { cwd, env, isServer } = this.#o;
    const home = env['HOME'] || homedir();
    const reach = {
      roots: [cwd, ...this.#o.directories()].map((path) => resolve(path)),
      settings: this.#settings,
      own: this.#o.own(),
      env: { ...env, HOME: home },
      isServer,
      temp: await this.#temp.folders(async () => (isServer ? undefined : gitIdentity(home))),
    };
    return runConfined(command, options, {
      parts: detected.parts,
      reach,
      proxy: await this.#startProxy(detected.parts),
    });
  }

  async #startProxy(parts: Extract<Detected, { works: true }>['parts']): Promise<NetworkProxy | undefined> {
    const { network } = this.#settings;
    if (network?.allowedDomains === undefined || network.allowedDomains.length === 0) return undefined;
    const { startProxy } = await import('./network-proxy.ts');
    // A failure is not kept: the next command tries again.
    return (this.#proxy ??= startProxy(parts, network).catch((error: unknown) => {
      this.#proxy = undefined;
      throw error;
    }));
  }
}

const whyNoCommand = (why: string): string =>
  `The option \`sandbox\` wants commands to run in a sandbox, and none works here: ${why}. No command runs.`;
