import { resolve } from 'node:path';
import { ConfigurationError } from '../errors.ts';
import { messageOf } from '../helpers/message-of.ts';
import { notLongAfter } from '../helpers/not-long-after.ts';
import { dataFolder } from '../log/data-folder.ts';
import type { Json } from '../log/entries.ts';
import type { ToolResultBlockParam, ToolUseBlock } from '../messages-api/types.ts';
import type { SandboxSettings } from '../options/sandbox.ts';
import { createLocalFiles } from '../tools/local-files.ts';
import { createCommandSandbox } from '../tools/sandbox/command-sandbox.ts';
import { BackgroundTasks } from '../tools/tasks/background-tasks.ts';
import type { SmallModelRequest, Tool, ToolContext, WebSearchRequest } from '../tools/tool.ts';
import { createWeb } from '../tools/web/create-web.ts';
import { cleanOutcome } from '../turn/clean-outcome.ts';

/** How long a tool that is stopped may take to end what it has started. */
const STOP_WITHIN_MS = 10_000;

export type RunnerOptions = {
  sessionId: string;
  cwd: string;
  additionalDirectories: readonly string[];
  env: Record<string, string | undefined>;
  sandbox: SandboxSettings | undefined;
  /** One question to a small model. */
  askSmallModel(request: SmallModelRequest, signal: AbortSignal): Promise<string>;
  searchWeb(request: WebSearchRequest, signal: AbortSignal): Promise<Json[]>;
};

/** Runs built-in tools for a program that asks for it, call by call. Nothing but that decides about them. */
export class BuiltInRunner {
  readonly #o: RunnerOptions;
  readonly #state = new Map<string, Json>();
  readonly #context: Pick<ToolContext, 'files' | 'folders' | 'background' | 'web' | 'cwd'>;
  readonly #background = new BackgroundTasks({
    // Nobody is told of a task's end: TaskOutput says how it stands.
    journal: { started: async () => {}, ended: async () => {}, news: async () => {} },
  });
  readonly #sandbox: ReturnType<typeof createCommandSandbox>;

  constructor(o: RunnerOptions) {
    const cwd = resolve(o.cwd);
    const folders = [cwd, ...o.additionalDirectories.map((path) => resolve(cwd, path))];
    this.#o = { ...o, cwd };
    this.#sandbox = createCommandSandbox({
      settings: o.sandbox,
      env: o.env,
      cwd,
      directories: () => folders.slice(1),
      own: () => [dataFolder(process.env)],
      isServer: false,
      asksUnconfined: () => false,
    });
    this.#context = {
      cwd,
      folders: () => folders,
      files: createLocalFiles({ cwd, roots: () => folders }),
      background: this.#background,
      web: createWeb(),
    };
  }

  /** The result of a call; what goes wrong in the tool is a result too. Rejects with the signal's reason. */
  async run(tool: Tool, call: ToolUseBlock, signal: AbortSignal): Promise<ToolResultBlockParam> {
    signal.throwIfAborted();
    const result = (content: string | Json[], isError: boolean): ToolResultBlockParam => ({
      type: 'tool_result',
      tool_use_id: call.id,
      // Its blocks are those of a result: `cleanOutcome` has looked.
      content: content as NonNullable<ToolResultBlockParam['content']>,
      ...(isError ? { is_error: true } : {}),
    });
    try {
      const input = await tool.parse(call.input);
      const context = this.#contextOf(tool, input, call.id, signal);
      const outcome = cleanOutcome(await notLongAfter(signal, STOP_WITHIN_MS, tool.run(input, context)));
      for (const [key, value] of Object.entries(outcome.state ?? {})) this.#state.set(key, value);
      if (!signal.aborted) return result(outcome.content, outcome.isError);
    } catch (error) {
      if (!signal.aborted) return result(messageOf(error), true);
    }
    throw signal.reason;
  }

  async close(): Promise<void> {
    await Promise.all([this.#background.close(), this.#sandbox.close()]);
  }

  #contextOf(tool: Tool, input: Json, toolUseId: string, signal: AbortSignal): ToolContext {
    const withoutLoop = (what: string) => () =>
      Promise.reject(new ConfigurationError(`${what} needs an agent loop; use query()`));
    return {
      ...this.#context,
      session: this.#o.sessionId,
      thread: 'main',
      toolUseId,
      shell: this.#sandbox.shellFor(tool.target(input)),
      signal,
      state: (key) => this.#state.get(key),
      mode: () => 'default',
      setMode: withoutLoop('A change of the mode'),
      runAgent: withoutLoop('A subagent'),
      askSmallModel: (request) => this.#o.askSmallModel(request, signal),
      searchWeb: (request) => this.#o.searchWeb(request, signal),
      taskHook: async () => undefined,
      progress: () => {},
    };
  }
}
