import { createInterface } from 'node:readline';
import type { Options } from 'colloquy';
import { detectSandbox } from 'colloquy/internal';
import { Command, InvalidArgumentError, Option } from 'commander';
import { dataOption, existingFolder, MODES, parsePort, useDataFolder } from './conversation-flags.ts';
import { describeError } from './describe-error.ts';
import { plainText } from './plain-text.ts';
import { startServer } from './start-server.ts';
import { untilStopped } from './until-stopped.ts';
import { version } from './version.ts';

/** How long turns may take to come to their end once the server is told to stop. */
const DRAIN_WITHIN_MS = 10_000;

/** The flags of `serve`, as commander hands them over. */
export type ServeFlags = {
  port?: number;
  host: string;
  publicOrigin?: string;
  cwd: string;
  model?: string;
  permissionMode?: Options['permissionMode'];
  offline?: true;
  requireSandbox?: true;
  allowUnsandboxed?: true;
  deleteAfter?: number;
  data?: string;
  json?: true;
};

/** `colloquy serve`: the HTTP server with the web page. */
export function serveCommand(): Command {
  return new Command('serve')
    .summary('run the server and the web page')
    .description(
      'Runs the server and the web page, and prints a link that signs one browser in. With a credential in the environment it\n' +
        'talks to the API; with none, a simulated assistant answers, and says so. It runs until Ctrl-C.',
    )
    .option('--port <port>', 'where to listen (default: 4680, or a free one if that is taken)', parsePort)
    .option(
      '--host <address>',
      'the address to listen at; another than this machine needs --public-origin',
      '127.0.0.1',
    )
    .option('--public-origin <origin>', 'how browsers reach it, when not at this machine: "https://chat.example.org"')
    .option('--cwd <folder>', 'where tools work (default: the folder you are in)', existingFolder, process.cwd())
    .option('--model <model>', 'the model of new sessions')
    .addOption(new Option('--permission-mode <mode>', 'that of new sessions').choices(MODES))
    .option('--offline', 'the simulated assistant, even with a credential')
    .option('--require-sandbox', 'where no sandbox works, run no commands at all')
    .option('--allow-unsandboxed', 'let people choose the mode bypassPermissions, in which nothing is asked')
    .addHelpText(
      'after',
      '\nCOLLOQUY_API_KEY in the environment, of at least 32 characters, is an API key with the role admin; "colloquy keys" makes more.',
    )
    .option('--delete-after <days>', 'delete conversations that were quiet for so long (default: never)', parseDays)
    .option('--json', 'when ready, print one line of JSON with url and link')
    .addOption(dataOption())
    .action(runServer);
}

function parseDays(text: string): number {
  const days = Number(text);
  if (!(days > 0)) throw new InvalidArgumentError('It must be a number of days above 0.');
  return days;
}

async function runServer(flags: ServeFlags): Promise<void> {
  useDataFolder(flags);
  await using running = await startServer(flags, (error) =>
    process.stderr.write(`colloquy: ${describeError(error)}\n`),
  );
  const stopped = untilStopped();
  const { server, model, endpoint, simulated } = running;
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ url: server.url, link: server.link, port: server.port, simulated })}\n`);
  } else {
    const source = simulated
      ? 'Simulated: no credential is in use, so no model is behind the answers'
      : `${model} at ${endpoint}`;
    const text = `Colloquy ${version()} in ${flags.cwd}\n${source}\n${await sandboxLine(flags)}`;
    process.stdout.write(`${text}\n\n  ${server.link}\n\n`);
    process.stdout.write('The link signs one browser in, once, within ten minutes. Ctrl-C ends the server.\n');
  }
  using _ = flags.json ? undefined : linkOnEnter(() => server.createLink());
  await stopped;
  // A second Ctrl-C ends the process as it stands, which loses nothing: turns are taken up at the next start.
  if (!flags.json)
    process.stdout.write('Turns that run may come to their end for ten seconds; Ctrl-C again ends it now.\n');
  await server.drain(DRAIN_WITHIN_MS);
}

async function sandboxLine({ requireSandbox }: ServeFlags): Promise<string> {
  const detected = await detectSandbox();
  if (detected.works) return 'Commands run in a sandbox';
  const held = requireSandbox ? 'Commands are turned off' : 'Commands run as you, and are asked about first';
  return `${held}: no sandbox works here, since ${plainText(detected.why)}`;
}

// The link is good once: a person who reloads too late, or opens a second browser, gets another without a restart.
function linkOnEnter(createLink: () => string): Disposable | undefined {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return undefined;
  process.stdout.write('Enter prints another link.\n');
  const lines = createInterface({ input: process.stdin });
  lines.on('line', () => process.stdout.write(`\n  ${createLink()}\n`));
  return { [Symbol.dispose]: () => lines.close() };
}
