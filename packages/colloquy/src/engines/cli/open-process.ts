import {
  CLIConnectionError,
  CLIJSONDecodeError,
  ProcessError,
  SessionNotFoundError,
  TimeoutError,
} from '../../errors.ts';
import { abortErrorOf } from '../../helpers/abort-error.ts';
import { messageOf } from '../../helpers/message-of.ts';
import { untilAborted } from '../../helpers/until-aborted.ts';
import type { Options } from '../../options/options.ts';
import { environmentOf, workingDirectoryOf } from '../../options/resolve-options.ts';
import { ClaudeProcess, type Exit, type ProcessEvents } from './claude-process.ts';
import { checkVersion } from './claude-version.ts';
import { ControlChannel, type ControlHost } from './control-channel.ts';
import { type ClaudeProgram, findClaude, type FindOptions } from './find-claude.ts';
import { launchArguments, launchEnvironment, type SessionChoice } from './launch-options.ts';
import type { CliLine } from './parse-line.ts';
import { transcriptOf } from './transcripts.ts';

const HANDSHAKE_WITHIN_MS = 60_000;

export type StartOptions = FindOptions & {
  /** For the answer to the first message. Default 60 s. */
  handshakeMs?: number | undefined;
  /** For what a process still has to write after the end of its input. Default 2 s. */
  endMs?: number | undefined;
};

/** What a session makes of a process: whom its questions and its messages go to. */
export type ProcessHost = Omit<ControlHost, 'write' | 'hopeless'> & {
  line(line: CliLine, text: string): void;
  wantsFragments(): boolean;
  /** Why the process is being ended, if it is not by us. */
  broken(error: Error): void;
};

/** A process of Claude Code and the channel to it. */
export type OpenProcess = { process: ClaudeProcess; channel: ControlChannel; program: ClaudeProgram };

/** The program that the other place may have too: it need not be on this machine. */
function findElsewhere(options: Options, o: FindOptions): ClaudeProgram {
  try {
    return findClaude(options, o);
  } catch {
    const file = options.pathToClaudeCodeExecutable ?? 'claude';
    return { file, args: [], path: file };
  }
}

/** Starts a process, which is not spoken to yet. @throws CLINotFoundError | CLIConnectionError | ConfigurationError */
export async function startProcess(
  options: Options,
  session: SessionChoice,
  host: ProcessHost,
  o: StartOptions,
): Promise<OpenProcess> {
  const spawn = options.spawnClaudeCodeProcess;
  const program = spawn === undefined ? findClaude(options, o) : findElsewhere(options, o);
  const launch = {
    file: program.file,
    args: [...program.args, ...launchArguments(options, session)],
    cwd: workingDirectoryOf(options),
    env: launchEnvironment(options),
    onStderr: options.stderr,
    endMs: o.endMs,
    spawn,
  };
  // Both are needed by the other: what the process says before the channel is there waits for it.
  const early: { line: CliLine; text: string }[] = [];
  const link: { channel?: ControlChannel } = {};
  const events: ProcessEvents = {
    line: (line, text) => {
      if (link.channel === undefined) early.push({ line, text });
      else if (!link.channel.take(line)) host.line(line, text);
    },
    wantsFragments: () => host.wantsFragments(),
    broken: (error) => {
      host.broken(error);
      link.channel?.close(error);
    },
  };
  const process = await ClaudeProcess.start(launch, events);
  const channel = new ControlChannel({
    write: (message) => process.write(message),
    answer: (request, about) => host.answer(request, about),
    hopeless: (error) => {
      host.broken(error);
      channel.close(error);
      void process.shutDown({ atOnce: true });
    },
  });
  link.channel = channel;
  for (const { line, text } of early) events.line(line, text);
  void process.exited.then(() => channel.close(process.error('has ended')));
  return { process, channel, program };
}

/**
 * The first exchange with a process, which every other message comes after. A process with which it fails is ended.
 * @throws one error for each way to fail: SessionNotFoundError, CLIConnectionError (too old, refused), CLIJSONDecodeError (rubbish),
 * TimeoutError (no answer), ProcessError (it has ended), AbortError
 */
export async function shakeHands(
  open: OpenProcess,
  fields: object,
  about: { options: Options; session: SessionChoice; signal?: AbortSignal | undefined } & StartOptions,
): Promise<Record<string, unknown>> {
  const { process, channel } = open;
  try {
    const timeoutMs = about.handshakeMs ?? HANDSHAKE_WITHIN_MS;
    const request = channel.request({ ...fields, subtype: 'initialize' }, { timeoutMs, signal: about.signal });
    return await untilAborted(request, about.signal);
  } catch (error) {
    const exit = process.exit;
    await process.shutDown({ atOnce: true });
    if (about.signal?.aborted === true) throw abortErrorOf(about.signal);
    throw await explainFailure(error, open, exit, about);
  }
}

async function explainFailure(
  error: unknown,
  { process, program }: OpenProcess,
  exit: Exit | undefined,
  { options, session }: { options: Options; session: SessionChoice },
): Promise<unknown> {
  if (error instanceof CLIJSONDecodeError) return error;
  const wanted = session.kind === 'new' ? undefined : session.kind === 'fork' ? session.from : session.id;
  if (exit !== undefined && wanted !== undefined && (await transcriptOf(environmentOf(options), wanted)) === undefined)
    return new SessionNotFoundError(wanted, { cause: error });
  const tooOld = await checkVersion(program, launchEnvironment(options));
  if (tooOld !== undefined) return new CLIConnectionError(tooOld, { cause: error });
  if (process.noise !== undefined) {
    const message = `${program.path} does not speak as Claude Code does; it printed: ${process.noise}`;
    return new CLIJSONDecodeError(message, process.noise, { cause: error });
  }
  if (error instanceof ProcessError) return process.error('ended before it was ready', error);
  const stderr = process.stderr.trim();
  const said = stderr === '' ? '' : `; it complained: ${stderr}`;
  if (error instanceof TimeoutError) return new TimeoutError(`${messageOf(error)}${said}`, { cause: error });
  return new CLIConnectionError(`Claude Code did not accept the session: ${messageOf(error)}${said}`, { cause: error });
}
