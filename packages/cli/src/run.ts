import { Command, CommanderError } from 'commander';
import { askCommand } from './ask.ts';
import { chatCommand } from './chat.ts';
import { describeError } from './describe-error.ts';
import { doctorCommand } from './doctor.ts';
import { emulateCommand } from './emulate.ts';
import { explainCommand } from './explain.ts';
import { keysCommand } from './keys.ts';
import { linkCommand } from './link.ts';
import { serveCommand } from './serve.ts';
import { sessionsCommand } from './sessions.ts';
import { version } from './version.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Runs the command line; `argv` is without node and script. Sets the process's exit code, and never rejects. */
export async function run(argv: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync(argv, { from: 'user' });
  } catch (error) {
    // Commander has told the person already; help and version end this way too, with code 0.
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
      return;
    }
    process.stderr.write(`colloquy: ${describeError(error)}\n`);
    process.exitCode = EXIT_FAILED;
  }
}

function createProgram(): Command {
  const program = new Command('colloquy')
    .description('Interactive conversations with Claude agents: at the terminal, in scripts, in the browser.')
    .version(version(), '--version', 'print the version')
    .helpOption('-h, --help', 'print help; after a command, help on it')
    .helpCommand(false)
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText('after', AFTER_HELP);
  for (const command of [
    askCommand(),
    chatCommand(),
    serveCommand(),
    linkCommand(),
    keysCommand(),
    sessionsCommand(),
    emulateCommand(),
    explainCommand(),
    doctorCommand(),
  ]) {
    program.addCommand(inheriting(command, program));
  }
  return program;
}

// `addCommand` does not hand settings down, and a subcommand of a subcommand needs them too.
function inheriting(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inheriting(child, command);
  return command;
}

const AFTER_HELP = `
Start here:
  colloquy doctor                    what is installed, which credential is used, whether the API answers
  colloquy ask --offline "list *"    a first answer without a key
  colloquy serve                     the web page`;
