import { text } from 'node:stream/consumers';
import { AbortError, type Options, query, type SDKMessage, type SDKResultMessage } from 'colloquy';
import { Command, Option } from 'commander';
import {
  addConversationFlags,
  type ConversationFlags,
  toOptions,
  useDataFolder,
  withRequiredSandbox,
} from './conversation-flags.ts';
import { UsageError } from './describe-error.ts';
import { onInterrupt } from './interrupts.ts';
import { modelSource } from './model-source.ts';
import { askForPermission } from './permission-questions.ts';
import { askOnTerminal, endWhenNobodyReads, outputDrained, personIsThere, standardSinks } from './terminal.ts';
import { describeResult, TextOutput } from './text-output.ts';

type Format = 'text' | 'json' | 'stream-json';
type AskFlags = ConversationFlags & { outputFormat: Format; includePartialMessages?: true };

/** `colloquy ask`: one prompt, one turn. */
export function askCommand(): Command {
  const command = new Command('ask')
    .summary('ask one thing and print the answer')
    .description(
      'Asks one thing and prints the answer. Text goes to standard output as it comes, what the agent does to standard error.\n' +
        'At a terminal you are asked before a tool does more than read; elsewhere such calls are denied unless allowed by a rule.\n' +
        'Exits with 1 when the turn ended in an error, with 130 when you interrupted it.',
    )
    .argument('[prompt]', 'the prompt; without it, standard input is read')
    .addOption(
      new Option(
        '--output-format <format>',
        'text; json: the result as one object; stream-json: each message as a line',
      )
        .choices(['text', 'json', 'stream-json'])
        .default('text'),
    )
    .option('--include-partial-messages', 'with stream-json: the pieces of the answer too');
  return addConversationFlags(command)
    .addHelpText('after', EXAMPLES)
    .action(async (prompt: string | undefined, flags: AskFlags) => {
      process.exitCode = await ask(prompt, flags);
    });
}

const EXAMPLES = `
Examples:
  colloquy ask "What does this project do?"
  git diff | colloquy ask --output-format json
  colloquy ask --allowed-tools "Bash(npm test)" "Run npm test and explain what fails"
  colloquy ask --continue "And why?"
  colloquy ask --offline "read README.md"        (a simulated assistant; no key, no network)`;

async function ask(promptArgument: string | undefined, flags: AskFlags): Promise<number> {
  useDataFolder(flags);
  const given = await withRequiredSandbox(toOptions(flags), flags);
  const source = await modelSource(flags);
  const prompt = promptArgument ?? (await promptFromInput());
  if (prompt.trim() === '') throw new UsageError('The prompt is empty; give it as an argument or on standard input');

  endWhenNobodyReads();
  const abortController = new AbortController();
  const options: Options = {
    ...given,
    ...source,
    abortController,
    includePartialMessages: flags.outputFormat === 'text' || flags.includePartialMessages === true,
    canUseTool: personIsThere() ? askForPermission(askOnTerminal) : undefined,
  };
  const turn = query({ prompt, options });
  using interrupts = onInterrupt({
    interrupt() {
      process.stderr.write('\nInterrupting; Ctrl-C again quits.\n');
      turn.interrupt().catch(() => abortController.abort());
    },
    abandon: () => abortController.abort(),
  });
  try {
    const result = await printAll(turn, flags.outputFormat);
    return interrupts.exitCode ?? (result === undefined || result.is_error ? 1 : 0);
  } catch (error) {
    if (interrupts.exitCode !== undefined && error instanceof AbortError) return interrupts.exitCode;
    throw error;
  }
}

async function promptFromInput(): Promise<string> {
  if (process.stdin.isTTY) throw new UsageError('There is no prompt; give it as an argument or on standard input');
  return text(process.stdin);
}

async function printAll(messages: AsyncIterable<SDKMessage>, format: Format): Promise<SDKResultMessage | undefined> {
  const print = printerFor(format);
  let result: SDKResultMessage | undefined;
  try {
    for await (const message of messages) {
      if (message.type === 'result') result = message;
      print(message);
      await outputDrained();
    }
  } catch (error) {
    // After a result that is an error, iteration throws what the result has told already.
    if (!result?.is_error) throw error;
  }
  return result;
}

function printerFor(format: Format): (message: SDKMessage) => void {
  switch (format) {
    case 'text': {
      const output = new TextOutput(standardSinks());
      return (message) => output.show(message);
    }
    case 'stream-json':
      return (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
    case 'json':
      return (message) => {
        if (message.type !== 'result') return;
        process.stdout.write(`${JSON.stringify(message)}\n`);
        const problem = describeResult(message);
        if (problem !== undefined) process.stderr.write(`${problem}\n`);
      };
    default:
      return format satisfies never;
  }
}
