import { type ClaudeSDKClient, listSessions, type Options } from 'colloquy';
import { isMode, MODES } from './conversation-flags.ts';
import { formatSessionLine } from './session-text.ts';

const SESSIONS_SHOWN = 10;

/** What the commands of the chat may see and change. */
export interface ChatState {
  readonly client: ClaudeSDKClient;
  /** Those of the session; a change holds for sessions opened from now on. */
  options: Options;
  /** The model of the last turn. */
  readonly model: string | undefined;
  note(line: string): void;
  leave(): void;
  /** Closes the session and opens another. */
  reopen(change: Partial<Options>): Promise<void>;
}

type ChatCommand = {
  name: string;
  argument: string;
  help: string;
  run(chat: ChatState, argument: string): Promise<void>;
};

/** The commands of the chat, typed with a slash before them. */
export const CHAT_COMMANDS: readonly ChatCommand[] = [
  { name: 'help', argument: '', help: 'this list', run: showHelp },
  { name: 'mode', argument: '[mode]', help: 'show or set what may run without being asked for', run: changeMode },
  { name: 'model', argument: '[model]', help: 'show or set the model', run: changeModel },
  { name: 'sessions', argument: '', help: 'the newest sessions of this folder', run: showSessions },
  { name: 'resume', argument: '<id>', help: 'go on with another session', run: resumeSession },
  { name: 'new', argument: '', help: 'begin a new session', run: newSession },
  { name: 'exit', argument: '', help: 'leave', run: leave },
];

async function showHelp(chat: ChatState): Promise<void> {
  for (const { name, argument, help } of CHAT_COMMANDS) chat.note(`  ${`/${name} ${argument}`.padEnd(18)} ${help}`);
}

async function changeMode(chat: ChatState, mode: string): Promise<void> {
  if (mode === '') return chat.note(`Mode: ${chat.options.permissionMode ?? 'default'} (of ${MODES.join(', ')})`);
  if (!isMode(mode)) return chat.note(`There is no mode ${mode}; there are ${MODES.join(', ')}.`);
  await chat.client.setPermissionMode(mode);
  chat.options = { ...chat.options, permissionMode: mode };
  chat.note(`Mode: ${mode}`);
}

async function changeModel(chat: ChatState, model: string): Promise<void> {
  if (model === '') return chat.note(`Model: ${chat.options.model ?? chat.model ?? 'the default one'}`);
  await chat.client.setModel(model);
  chat.options = { ...chat.options, model };
  chat.note(`Model: ${model}, from the next answer on`);
}

async function showSessions(chat: ChatState): Promise<void> {
  const sessions = await listSessions({ dir: chat.options.cwd, limit: SESSIONS_SHOWN });
  if (sessions.length === 0) chat.note('This folder has no stored sessions yet.');
  for (const session of sessions) chat.note(formatSessionLine(session));
}

async function resumeSession(chat: ChatState, id: string): Promise<void> {
  if (id === '') return chat.note('Give the id of a session; /sessions lists them.');
  await chat.reopen({ resume: id });
  chat.note(`Going on with ${id}.`);
}

async function newSession(chat: ChatState): Promise<void> {
  await chat.reopen({});
  chat.note('A new session.');
}

async function leave(chat: ChatState): Promise<void> {
  chat.leave();
}
