import { Command } from 'commander';
import { dataOption } from './conversation-flags.ts';
import { UsageError } from './describe-error.ts';
import { openManagement } from './keys.ts';

type Flags = { data?: string; url?: string; json?: true };

/** `colloquy link`: another link for a browser, from the server that runs on this data folder. */
export function linkCommand(): Command {
  return new Command('link')
    .summary('print another sign-in link of the running server')
    .description(
      'Prints a link that signs one browser in, once, within ten minutes: one for each server that runs on this data folder.',
    )
    .option('--url <url>', 'how the browser reaches the server, where that cannot be told from here', checkUrl)
    .option('--json', 'as JSON')
    .addOption(dataOption())
    .action(printLinks);
}

async function printLinks(flags: Flags): Promise<void> {
  await using management = await openManagement(flags);
  const links = await management.createLinks(flags.url);
  if (links.length === 0) {
    throw new UsageError('No server runs on this data folder; "colloquy serve" starts one. One in a container: --url');
  }
  process.stdout.write(flags.json ? `${JSON.stringify(links)}\n` : `${links.join('\n')}\n`);
}

function checkUrl(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) {
    throw new UsageError(`--url takes an address such as "https://chat.example.org", not "${text}"`);
  }
  return text;
}
