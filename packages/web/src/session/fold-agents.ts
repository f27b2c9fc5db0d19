import type { SDKAssistantMessage, SDKUserMessage } from 'colloquy';
import { isRecord } from '../is-record.ts';
import { editTool } from './edit-view.ts';
import type { AgentStep, SessionView } from './view-model.ts';

/** A subagent uses a tool: a step of the call that has started it. What it says and thinks is for the model. */
export function foldAgentStep(view: SessionView, agentUseId: string, message: SDKAssistantMessage): SessionView {
  const steps = message.message.content.flatMap((block): AgentStep[] =>
    block.type === 'tool_use'
      ? [{ toolUseId: block.id, name: block.name, input: isRecord(block.input) ? block.input : {}, state: 'running' }]
      : [],
  );
  if (steps.length === 0) return view;
  return editTool(view, agentUseId, (tool) => ({ ...tool, steps: [...tool.steps, ...steps] }));
}

/** A step has ended. */
export function foldAgentResult(view: SessionView, agentUseId: string, message: SDKUserMessage): SessionView {
  const { content } = message.message;
  if (typeof content === 'string') return view;
  const ended = new Map(
    content.flatMap((block) =>
      block.type === 'tool_result' ? [[block.tool_use_id, block.is_error === true ? 'failed' : 'done'] as const] : [],
    ),
  );
  return editTool(view, agentUseId, (tool) => ({
    ...tool,
    steps: tool.steps.map((step) => ({ ...step, state: ended.get(step.toolUseId) ?? step.state })),
  }));
}
