import type {
  SDKPermissionAnsweredMessage,
  SDKPermissionDeniedMessage,
  SDKPermissionRequestMessage,
  SDKToolCallAnsweredMessage,
  SDKToolCallRequestMessage,
  SDKUserMessage,
} from 'colloquy';
import { isRecord } from '../is-record.ts';
import { editTool } from './edit-view.ts';
import { foldAgentResult } from './fold-agents.ts';
import type { SessionView, ToolBlock, ToolResult, ToolState } from './view-model.ts';

/** A user message of the engine: the results of tools. Its other text (interrupt marks, reminders) is shown by other means. */
export function foldToolResults(view: SessionView, message: SDKUserMessage): SessionView {
  const { content } = message.message;
  if (message.parent_tool_use_id !== null) {
    const settled = foldAgentResult(view, message.parent_tool_use_id, message);
    const ids = new Set(
      typeof content === 'string' ? [] : content.map((block) => 'tool_use_id' in block && block.tool_use_id),
    );
    return withoutAsk(settled, (ask) => ids.has(ask.toolUseId));
  }
  if (typeof content === 'string') return view;
  const results = content.filter((block) => block.type === 'tool_result');
  // The structured output belongs to the message, so it says something about a single result only.
  const structured = results.length === 1 ? message.tool_use_result : undefined;
  return results.reduce((next, block) => {
    const result = { ...toText(block.content), isError: block.is_error === true, structured };
    const settled = editTool(next, block.tool_use_id, (tool) => ({
      ...tool,
      result,
      state: settledState(tool, result),
    }));
    return withoutAsk(settled, (ask) => ask.toolUseId === block.tool_use_id);
  }, view);
}

function settledState(tool: ToolBlock, result: ToolResult): ToolState {
  if (tool.state === 'denied' || tool.answered?.behavior === 'deny') return 'denied';
  if (tool.answered?.behavior === 'withdrawn') return 'stopped';
  return result.isError ? 'failed' : 'done';
}

function toText(content: unknown): { text: string; otherParts: number } {
  if (typeof content === 'string') return { text: content, otherParts: 0 };
  if (!Array.isArray(content)) return { text: '', otherParts: 0 };
  const texts = content.filter(isRecord).flatMap((part) => (typeof part['text'] === 'string' ? [part['text']] : []));
  return { text: texts.join('\n'), otherParts: content.length - texts.length };
}

/** A call waits for a person. */
export function foldPermissionRequest(view: SessionView, message: SDKPermissionRequestMessage): SessionView {
  const { request, tool_use_id: toolUseId, tool_name: name, input, reason } = message;
  if (view.asks.some((ask) => ask.request === request)) return view;
  const asked = { ...view, asks: [...view.asks, { request, toolUseId, name, input, reason }] };
  return editTool(asked, toolUseId, (tool) => ({ ...tool, state: 'waiting' }));
}

/** Somebody answered, here or elsewhere, or the question fell away with its turn. */
export function foldPermissionAnswer(view: SessionView, message: SDKPermissionAnsweredMessage): SessionView {
  const { request, behavior, by } = message;
  const ask = view.asks.find((open) => open.request === request);
  const rest = withoutAsk(view, (open) => open.request === request);
  const told = ask === undefined ? rest : { ...rest, lastAnswer: { request, name: ask.name, behavior, by } };
  const state = { allow: 'running', deny: 'denied', withdrawn: 'stopped' } as const;
  return editTool(told, message.tool_use_id, (tool) => ({
    ...tool,
    answered: { behavior, by },
    state: tool.result === undefined ? state[behavior] : tool.state,
  }));
}

/** A rule or the mode denied a call; nobody was asked. */
export function foldPermissionDenied(view: SessionView, message: SDKPermissionDeniedMessage): SessionView {
  return editTool(view, message.tool_use_id, (tool) => ({
    ...tool,
    state: 'denied',
    deniedReason: message.decision_reason ?? message.message,
  }));
}

/** A call runs outside of the server: a program has to give its result. */
export function foldToolCallRequest(view: SessionView, message: SDKToolCallRequestMessage): SessionView {
  return editTool(view, message.tool_use_id, (tool) =>
    tool.result === undefined ? { ...tool, state: 'elsewhere' } : tool,
  );
}

/** A program has given the result, maybe before the call began; the turn takes it up. */
export function foldToolCallAnswered(view: SessionView, { tool_use_id, by }: SDKToolCallAnsweredMessage): SessionView {
  return editTool(view, tool_use_id, (tool) => ({
    ...tool,
    suppliedBy: by,
    state: tool.state === 'elsewhere' ? 'running' : tool.state,
  }));
}

function withoutAsk(view: SessionView, isSettled: (ask: SessionView['asks'][number]) => boolean): SessionView {
  return view.asks.some(isSettled) ? { ...view, asks: view.asks.filter((ask) => !isSettled(ask)) } : view;
}
