import { isDeepStrictEqual } from 'node:util';
import type { Options } from '../../options/options.ts';
import { workingDirectoryOf } from '../../options/resolve-options.ts';
import { launchArguments, launchEnvironment, type SessionChoice } from './launch-options.ts';
import { type OpenProcess, type ProcessHost, startProcess, type StartOptions } from './open-process.ts';

/** A process of Claude Code that was started ahead of time, and that no session has yet. */
export class SpareProcess {
  readonly choice: SessionChoice;
  /** Resolves when it has ended. */
  readonly exited: Promise<void>;
  readonly #options: Options;
  readonly #open: OpenProcess;
  readonly #link: { host?: ProcessHost };

  private constructor(options: Options, choice: SessionChoice, open: OpenProcess, link: { host?: ProcessHost }) {
    this.choice = choice;
    this.#options = options;
    this.#open = open;
    this.#link = link;
    this.exited = open.process.exited.then(() => {});
  }

  /** Starts one. It is not spoken to before a session takes it. @throws CLINotFoundError | CLIConnectionError | ConfigurationError */
  static async start(options: Options, choice: SessionChoice, start: StartOptions): Promise<SpareProcess> {
    const link: { host?: ProcessHost } = {};
    const host: ProcessHost = {
      answer: async (request, o) => link.host?.answer(request, o) ?? {},
      line: (line, text) => link.host?.line(line, text),
      broken: (error) => link.host?.broken(error),
      wantsFragments: () => link.host?.wantsFragments() === true,
    };
    return new SpareProcess(options, choice, await startProcess(options, choice, host, start), link);
  }

  /** Whether it is as a process for these options would be: callbacks, tools of the program, agents and prompts may differ. */
  fits(options: Options, choice: SessionChoice): boolean {
    if (this.#open.process.exit !== undefined) return false;
    const isSameSession = choice.kind === 'new' && options.sessionId === undefined;
    return (
      (isSameSession || isDeepStrictEqual(choice, this.choice)) &&
      isDeepStrictEqual(this.#launch(options), this.#launch(this.#options))
    );
  }

  /** Gives it to a session. */
  handOver(host: ProcessHost): OpenProcess {
    this.#link.host = host;
    return this.#open;
  }

  async close(): Promise<void> {
    await this.#open.process.shutDown();
  }

  #launch(options: Options): unknown {
    const { pathToClaudeCodeExecutable: path, executable, executableArgs, stderr } = options;
    const program = { path, executable, executableArgs, stderr };
    return [launchArguments(options, this.choice), launchEnvironment(options), workingDirectoryOf(options), program];
  }
}
