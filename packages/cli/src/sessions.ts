import { resolve } from 'node:path';
import {
  deleteSession,
  getSessionInfo,
  getSessionMessages,
  listSessions,
  renameSession,
  SessionNotFoundError,
} from 'colloquy';
import { Command } from 'commander';
import { dataOption, parseCount, useDataFolder } from './conversation-flags.ts';
import { formatSessionLine, formatSessionMessage } from './session-text.ts';

type Flags = { data?: string; json?: true };

/** `colloquy sessions`: what is stored, and what may go. */
export function sessionsCommand(): Command {
  const sessions = new Command('sessions')
    .summary('list, show, rename and delete stored sessions')
    .description('Stored sessions. Without a further word they are listed, newest activity first.');
  sessions
    .command('list', { isDefault: true })
    .description('list them, newest activity first')
    .option('--cwd <folder>', 'only those of this folder')
    .option('--limit <n>', 'at most so many', parseCount, 50)
    .option('--json', 'as JSON')
    .addOption(dataOption())
    .action(list);
  sessions
    .command('show <id>')
    .description('print the conversation')
    .option('--json', 'as JSON')
    .addOption(dataOption())
    .action(show);
  sessions
    .command('rename <id> <title>')
    .description('give it a title')
    .addOption(dataOption())
    .action(async (id: string, title: string, flags: Flags) => {
      useDataFolder(flags);
      await renameSession(id, title);
    });
  sessions
    .command('delete <id>')
    .description('delete it, with everything in it')
    .addOption(dataOption())
    .action(async (id: string, flags: Flags) => {
      useDataFolder(flags);
      await deleteSession(id);
    });
  return sessions;
}

async function list(flags: Flags & { cwd?: string; limit: number }): Promise<void> {
  useDataFolder(flags);
  const dir = flags.cwd === undefined ? undefined : resolve(flags.cwd);
  const found = await listSessions({ dir, limit: flags.limit });
  if (flags.json) return print(JSON.stringify(found, null, 2));
  if (found.length === 0) process.stderr.write('No sessions are stored here yet.\n');
  for (const session of found) print(formatSessionLine(session));
}

async function show(id: string, flags: Flags): Promise<void> {
  useDataFolder(flags);
  const info = await getSessionInfo(id);
  if (info === undefined) throw new SessionNotFoundError(id);
  const messages = await getSessionMessages(id);
  if (flags.json) return print(JSON.stringify({ ...info, messages }, null, 2));
  print(formatSessionLine(info));
  for (const message of messages) {
    const text = formatSessionMessage(message);
    if (text !== '') print(`\n${text}`);
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
