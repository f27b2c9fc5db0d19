import { randomUUID } from 'node:crypto';
import { ConfigurationError } from '../../errors.ts';
import type { Options } from '../../options/options.ts';
import { environmentOf, workingDirectoryOf } from '../../options/resolve-options.ts';
import { CLI_OPTION_NAMES, validateOptions } from '../../options/validate.ts';
import type { Engine } from '../engine.ts';
import { CliSession } from './cli-session.ts';
import type { SessionChoice } from './launch-options.ts';
import type { StartOptions } from './open-process.ts';
import { resumeFromStore } from './resume-from-store.ts';
import { CLI_SESSIONS } from './session-functions.ts';
import type { CliSessionFunctions } from './store-sessions.ts';
import { SpareProcess } from './spare-process.ts';
import { newestSession } from './transcripts.ts';

/** Runs conversations with the real Claude Code, in a process of its own for each session. */
export type CliEngine = Omit<Engine, 'open' | 'sessions'> & {
  sessions: CliSessionFunctions;
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
  const openSession = async (
    options: Options,
    choice: SessionChoice,
    { spare, leave }: { spare?: SpareProcess; leave?: () => Promise<void> } = {},
  ): Promise<CliSession> => {
    const session: CliSession = new CliSession(options, choice, { start, leave, onClose: () => open.delete(session) });
    open.add(session);
    try {
      await session.open(spare?.handOver(session.host));
    } catch (error) {
      await session.close();
      throw error;
    }
    return session;
  };
  const openNew = async (given: Options): Promise<CliSession> => {
    checkOptions(given);
    const { options, leave } = (await resumeFromStore(given)) ?? { options: given, leave: undefined };
    return openSession(options, await chooseSession(options), leave === undefined ? {} : { leave });
  };
  return {
    kind: 'cli',
    supports: CLI_OPTION_NAMES,
    sessions: CLI_SESSIONS,
    open: openNew,
    async prewarm(options) {
      checkOptions(options);
      return SpareProcess.start(options, await chooseSession(options), start);
    },
    async openWith(spare, options) {
      checkOptions(options);
      const isStored = options.sessionStore !== undefined;
      const choice = isStored ? undefined : await chooseSession(options);
      if (choice !== undefined && spare.fits(options, choice)) return openSession(options, spare.choice, { spare });
      await spare.close();
      return openNew(options);
    },
    async close() {
      await Promise.allSettled([...open].map((session) => session.close()));
    },
  };
}

function checkOptions(options: Options): void {
  validateOptions(options);
  if (options.sessionStore !== undefined && options.persistSession === false) {
    throw new ConfigurationError(
      'Option `sessionStore` gets what is written on this machine; leave `persistSession` out',
    );
  }
  if (options.canUseTool !== undefined && options.permissionPromptToolName !== undefined) {
    throw new ConfigurationError(
      'Options `canUseTool` and `permissionPromptToolName` both answer permission prompts; give one of them',
    );
  }
}

/** Which of the sessions on this machine; one of a store has been laid out there by then. */
async function chooseSession(options: Options): Promise<SessionChoice> {
  const { sessionId, resume, forkSession } = options;
  const from = resume ?? (options.continue === true ? await newest(options) : undefined);
  if (from === undefined) return { kind: 'new', id: sessionId ?? randomUUID() };
  return forkSession === true ? { kind: 'fork', from, id: sessionId ?? randomUUID() } : { kind: 'resume', id: from };
}

function newest(options: Options): Promise<string | undefined> {
  return newestSession(environmentOf(options), workingDirectoryOf(options));
}
