import { ClaudeSDKClient, type Options } from 'colloquy';
import { detectSandbox } from 'colloquy/internal';
import { CHAT_COMMANDS, type ChatState } from './chat-commands.ts';
import { describeError } from './describe-error.ts';
import { LineSource } from './line-source.ts';
import { askForPermission } from './permission-questions.ts';
import { endWhenNobodyReads, outputDrained, personIsThere, standardSinks } from './terminal.ts';
import { TextOutput } from './text-output.ts';

const EXIT_INTERRUPTED = 130;
const EXIT_TERMINATED = 143;
// Tools get a second to end by themselves before they are killed.
const LEAVE_WITHIN_MS = 5_000;

/** The chat: reads lines, runs commands and turns, one after another, until the input ends or `/exit`. */
export class ChatLoop implements ChatState, AsyncDisposable {
  readonly #interactive = personIsThere();
  readonly #lines: LineSource;
  readonly #output = new TextOutput(standardSinks());
  readonly #simulated: boolean;
  #client: ClaudeSDKClient;
  /** The turn in flight; Ctrl-C then interrupts it. */
  #busy = false;
  #presses = 0;
  #leaving = false;
  options: Options;
  model: string | undefined;

  constructor(options: Options, o: { simulated: boolean }) {
    this.#simulated = o.simulated;
    this.#lines = new LineSource({ interactive: this.#interactive, onCtrlC: () => this.#onCtrlC() });
    this.options = {
      ...options,
      includePartialMessages: true,
      canUseTool: this.#interactive
        ? askForPermission((question, signal) => this.#lines.ask(question, signal))
        : undefined,
    };
    this.#client = new ClaudeSDKClient(this.options);
  }

  get client(): ClaudeSDKClient {
    return this.#client;
  }

  async run(): Promise<void> {
    endWhenNobodyReads();
    process.on('SIGINT', this.#onCtrlC);
    process.once('SIGTERM', this.#onTerminate);
    if (this.#simulated)
      this.note('Simulated: no model is behind these answers. Try "list *", "read README.md" or "run ls".');
    if (this.#interactive) await this.#tellSandbox();
    if (this.#interactive) this.note('/help lists the commands, Ctrl-C interrupts, /exit leaves.');
    while (!this.#leaving) {
      const prompt = await this.#nextPrompt();
      if (prompt === undefined) break;
      if (prompt.trim() === '') continue;
      await (prompt.startsWith('/') ? this.#runCommand(prompt) : this.#runTurn(prompt)).catch((error: unknown) => {
        if (this.#leaving) return;
        // A person goes on; a script must not take what follows for answers.
        if (!this.#interactive) throw error;
        this.note(describeError(error));
      });
    }
  }

  async #tellSandbox(): Promise<void> {
    const detected = await detectSandbox();
    if (detected.works || this.options.disallowedTools?.includes('Bash') === true) return;
    this.note(`Commands run as you, and are asked about first: no sandbox works here, since ${detected.why}`);
  }

  note(line: string): void {
    this.#output.note(line);
  }

  leave(): void {
    this.#leaving = true;
  }

  async reopen(change: Partial<Options>): Promise<void> {
    await this.#client.disconnect();
    this.options = { ...this.options, resume: undefined, continue: undefined, forkSession: undefined, ...change };
    this.#client = new ClaudeSDKClient(this.options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('SIGINT', this.#onCtrlC);
    process.off('SIGTERM', this.#onTerminate);
    this.#lines[Symbol.dispose]();
    await this.#client.disconnect();
  }

  async #nextPrompt(): Promise<string | undefined> {
    this.#presses = 0;
    let text = '';
    for (;;) {
      const line = await this.#lines.next(text === '' ? '> ' : '… ');
      if (line === undefined) return text === '' ? undefined : text;
      if (!line.endsWith('\\')) return text + line;
      text += `${line.slice(0, -1)}\n`;
    }
  }

  async #runCommand(line: string): Promise<void> {
    const [name = '', ...words] = line.slice(1).trim().split(/\s+/);
    const command = CHAT_COMMANDS.find((candidate) => candidate.name === name);
    if (command === undefined) this.note(`There is no command /${name}; /help lists them.`);
    else await command.run(this, words.join(' '));
  }

  async #runTurn(prompt: string): Promise<void> {
    this.#busy = true;
    this.#presses = 0;
    try {
      await this.#client.query(prompt);
      for await (const message of this.#client.receiveResponse()) {
        if (message.type === 'system' && message.subtype === 'init') this.model = message.model;
        this.#output.show(message);
        await outputDrained();
      }
    } finally {
      this.#busy = false;
    }
  }

  readonly #onCtrlC = (): void => {
    this.#presses += 1;
    if (this.#presses > 1) return this.#leaveNow(EXIT_INTERRUPTED);
    if (!this.#busy) {
      this.note('\nCtrl-C again leaves; so does /exit.');
      return this.#lines.showPromptAgain();
    }
    this.note('\nInterrupting; Ctrl-C again leaves.');
    this.#client.interrupt().catch((error: unknown) => this.note(describeError(error)));
  };

  readonly #onTerminate = (): void => this.#leaveNow(EXIT_TERMINATED);

  // Closing the client ends the turn with its tools; the loop then comes to its end by itself.
  #leaveNow(exitCode: number): void {
    this.#leaving = true;
    process.exitCode = exitCode;
    setTimeout(() => process.exit(exitCode), LEAVE_WITHIN_MS).unref();
    this.#lines[Symbol.dispose]();
    this.#client.disconnect().catch((error: unknown) => this.note(describeError(error)));
  }
}
