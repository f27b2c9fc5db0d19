import { randomUUID } from 'node:crypto';
import { ConfigurationError } from '../../errors.ts';
import type { Options } from '../../options/options.ts';
import { environmentOf, workingDirectoryOf } from '../../options/resolve-options.ts';
import { CLI_OPTION_NAMES, validateOptions } from '../../options/validate.ts';
import type { Engine } from '../engine.ts';
import { CliSession } from './cli-session.ts';
import type { SessionChoice } from './launch-options.ts';
import type { StartOptions } from './open-process.ts';
import { CLI_SESSIONS } from './session-functions.ts';
import { SpareProcess } from './spare-process.ts';
import { newestSession } from './transcripts.ts';

/** Runs conversations with the real Claude Code, in a process of its own for each session. */
export type CliEngine = Omit<Engine, 'open'> & {
  open(options: Options): Promise<CliSession>;
  /** Starts a process ahead of time. @throws CLINotFoundError | CLIConnectionError | ConfigurationError */
  prewarm(options: Options): Promise<SpareProcess>;
  /** Like `open`, with that process if it is as one for these options would be; else it is ended. */
  openWith(spare: SpareProcess, options: Options): Promise<CliSession>;
  /** Closes every open session. */
  close(): Promise<void>;
};

let shared: CliEngine | undefined;

/** The engine of this process. */
export function cliEngine(): CliEngine {
  return (shared ??= createCliEngine());
}

/** Makes an engine. Nothing is started before the first session. */
export function createCliEngine(start: StartOptions = {}): CliEngine {
  const open = new Set<CliSession>();
  const openSession = async (options: Options, choice: SessionChoice, spare?: SpareProcess): Promise<CliSession> => {
    const session: CliSession = new CliSession(options, choice, { start, onClose: () => open.delete(session) });
    open.add(session);
    try {
      await session.open(spare?.handOver(session.host));
    } catch (error) {
      await session.close();
      throw error;
    }
    return session;
  };
  return {
    kind: 'cli',
    supports: CLI_OPTION_NAMES,
    sessions: CLI_SESSIONS,
    async open(options) {
      checkOptions(options);
      return openSession(options, await chooseSession(options));
    },
    async prewarm(options) {
      checkOptions(options);
      return SpareProcess.start(options, await chooseSession(options), start);
    },
    async openWith(spare, options) {
      checkOptions(options);
      const choice = await chooseSession(options);
      if (spare.fits(options, choice)) return openSession(options, spare.choice, spare);
      await spare.close();
      return openSession(options, choice);
    },
    async close() {
      await Promise.allSettled([...open].map((session) => session.close()));
    },
  };
}

function checkOptions(options: Options): void {
  validateOptions(options);
  if (options.canUseTool !== undefined && options.permissionPromptToolName !== undefined) {
    throw new ConfigurationError(
      'Options `canUseTool` and `permissionPromptToolName` both answer permission prompts; give one of them',
    );
  }
}

async function chooseSession(options: Options): Promise<SessionChoice> {
  const { sessionId, resume, forkSession } = options;
  const from = resume ?? (options.continue === true ? await newest(options) : undefined);
  if (from === undefined) return { kind: 'new', id: sessionId ?? randomUUID() };
  return forkSession === true ? { kind: 'fork', from, id: sessionId ?? randomUUID() } : { kind: 'resume', id: from };
}

function newest(options: Options): Promise<string | undefined> {
  return newestSession(environmentOf(options), workingDirectoryOf(options));
}
