import { Command } from 'commander';
import { ChatLoop } from './chat-loop.ts';
import {
  addConversationFlags,
  type ConversationFlags,
  toOptions,
  useDataFolder,
  withRequiredSandbox,
} from './conversation-flags.ts';
import { modelSource } from './model-source.ts';

/** `colloquy chat`: a conversation, line by line. */
export function chatCommand(): Command {
  const command = new Command('chat')
    .summary('hold a conversation at the terminal')
    .description(
      'Holds a conversation: each line is a prompt, a line that ends in \\ goes on in the next.\n' +
        'Ctrl-C interrupts the answer; at the prompt, /help lists the commands, /exit or Ctrl-D leaves.',
    );
  return addConversationFlags(command).action(async (flags: ConversationFlags) => {
    useDataFolder(flags);
    const given = await withRequiredSandbox(toOptions(flags), flags);
    const options = { ...given, ...(await modelSource(flags)) };
    await using loop = new ChatLoop(options, { simulated: flags.offline === true });
    await loop.run();
  });
}
