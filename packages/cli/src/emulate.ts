import { Command } from 'commander';
import { parsePort } from './conversation-flags.ts';
import { readScenarioFile } from './scenario-file.ts';
import { untilStopped } from './until-stopped.ts';

/** `colloquy emulate`: a Messages API that needs no key and gives the same answers every time. */
export function emulateCommand(): Command {
  return new Command('emulate')
    .summary('run a Messages API that needs no key')
    .description(
      'Runs an emulator of the Messages API: a simulated assistant, which says that it is one, and directives for tests ' +
        '(lines that begin with @, such as "@emit 100 gap=10"). Its page shows the requests as they come, and lets you ' +
        'answer them in place of the assistant. It runs until Ctrl-C.',
    )
    .option('--port <port>', 'where to listen; 0 picks a free one', parsePort, 0)
    .option(
      '--scenario <file>',
      'replies with conditions and faults, from a JSON file; what fits none is answered as ever',
    )
    .option('--be-the-model', 'requests wait for a person who answers on the page, which can turn this off')
    .option('--json', "when ready, print one line of JSON with the url, and the page's")
    .action(async (flags: { port: number; scenario?: string; beTheModel?: true; json?: true }) => {
      const { createEmulator } = await import('@colloquy/emulator');
      const scenario = flags.scenario === undefined ? undefined : await readScenarioFile(flags.scenario);
      const page = { beTheModel: flags.beTheModel };
      const server = await createEmulator({ scenario }).listen({ port: flags.port, page });
      const stopped = untilStopped();
      const addresses = { url: server.url, page: `${server.url}/` };
      process.stdout.write(flags.json ? `${JSON.stringify(addresses)}\n` : readyText(addresses, page.beTheModel));
      await stopped;
      await server.close();
    });
}

function readyText({ url, page }: { url: string; page: string }, beTheModel: true | undefined): string {
  const why = beTheModel
    ? 'Requests wait for you to answer them on its page'
    : 'Its page shows the requests as they come, and lets you answer them';
  return `The emulator listens at ${url}. To use it from another terminal:
  ANTHROPIC_BASE_URL=${url} ANTHROPIC_API_KEY=any colloquy ask "read README.md"
${why}:
  ${page}
`;
}
