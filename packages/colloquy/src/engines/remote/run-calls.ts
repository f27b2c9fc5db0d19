import { AbortError } from '../../errors.ts';
import { messageOf } from '../../helpers/message-of.ts';
import type { SDKMessage } from '../../messages.ts';
import type { ToolOutcome } from '../../tools/tool.ts';
import type { ClientTool } from './client-tools.ts';

/** A call of a tool that runs here, as the server tells of it. */
export type CallRequest = { tool_use_id: string; tool_name: string; input: unknown };

export type CallHost = {
  tools: ReadonlyMap<string, ClientTool>;
  /** Gives the server the result of a call; resolves once it has it. */
  deliver(
    result: { tool_use_id: string; content: ToolOutcome['content']; is_error: boolean },
    signal: AbortSignal,
  ): Promise<void>;
};

/**
 * Runs the calls of this program's tools. A call is run once by this program: what came of it is kept until the server has it, however
 * often the connection is lost in between. It is given up when the server has a result from elsewhere, or its turn has ended.
 */
export class CallRunner {
  readonly #host: CallHost;
  readonly #open = new Map<string, AbortController>();
  /** Calls of this turn that are over here. */
  readonly #done = new Set<string>();
  #isClosed = false;

  constructor(host: CallHost) {
    this.#host = host;
  }

  /** Follows the messages of the session. */
  onMessage(message: SDKMessage): void {
    if (message.type === 'result') return this.#endTurn();
    if (message.type !== 'system') return;
    if (message.subtype === 'tool_call_request') this.run(message);
    if (message.subtype === 'tool_call_answered')
      this.#open.get(message.tool_use_id)?.abort(new AbortError('The call has its result by now'));
  }

  /** Runs a call, unless it is none of ours or was begun before. */
  run(call: CallRequest): void {
    const { tool_use_id: id } = call;
    const tool = this.#host.tools.get(call.tool_name);
    if (tool === undefined || this.#isClosed || this.#open.has(id) || this.#done.has(id)) return;
    const over = new AbortController();
    this.#open.set(id, over);
    void this.#run(tool, call, over.signal).finally(() => {
      this.#open.delete(id);
      this.#done.add(id);
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const over of this.#open.values()) over.abort(new AbortError('The session is closed'));
  }

  #endTurn(): void {
    for (const over of this.#open.values()) over.abort(new AbortError('The turn of this call has ended'));
    this.#done.clear();
  }

  async #run(tool: ClientTool, call: CallRequest, signal: AbortSignal): Promise<void> {
    const outcome = await outcomeOf(tool, call, signal);
    // Nobody waits for it any longer.
    if (signal.aborted) return;
    const result = { tool_use_id: call.tool_use_id, content: outcome.content, is_error: outcome.isError === true };
    // A result that the server does not take cannot be told to anybody else: the model goes on when its turn is interrupted.
    await this.#host.deliver(result, signal).catch(() => {});
  }
}

async function outcomeOf(
  tool: ClientTool,
  { tool_use_id, input }: CallRequest,
  signal: AbortSignal,
): Promise<ToolOutcome> {
  try {
    return await tool.run(input, { signal, toolUseId: tool_use_id });
  } catch (error) {
    return { content: messageOf(error), isError: true };
  }
}
