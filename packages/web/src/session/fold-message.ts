import type { SDKCommandLifecycleMessage, SDKMessage, SDKStatusMessage, SDKSystemMessage } from 'colloquy';
import { appendBlock } from './edit-view.ts';
import { foldAssistant, foldStreamEvent } from './fold-answer.ts';
import { acceptPrompt, ensurePrompt, openTurn, takePrompt, withdrawPrompt } from './fold-prompts.ts';
import { foldResult } from './fold-result.ts';
import {
  foldPermissionAnswer,
  foldPermissionDenied,
  foldPermissionRequest,
  foldToolCallAnswered,
  foldToolCallRequest,
  foldToolResults,
} from './fold-tools.ts';
import type { SessionView, Turn } from './view-model.ts';

type SystemMessage = Extract<SDKMessage, { type: 'system' }>;

/** One message of the session's stream. What the page does not know changes nothing: the server may be newer. */
export function foldMessage(view: SessionView, message: SDKMessage, nowMs: number): SessionView {
  switch (message.type) {
    case 'stream_event':
      return foldStreamEvent(ensurePrompt(view), message);
    case 'assistant':
      return foldAssistant(ensurePrompt(view), message);
    case 'user':
      return 'isReplay' in message ? acceptPrompt(view, message) : foldToolResults(ensurePrompt(view), message);
    case 'result':
      return foldResult(ensurePrompt(view), message);
    case 'command_lifecycle':
      return foldLifecycle(view, message);
    case 'system':
      return foldSystem(view, message, nowMs);
    default:
      return view;
  }
}

/** A prompt is told when it is accepted, and its turn's result when that ends: what is said of it besides changes nothing. */
function foldLifecycle(view: SessionView, { command_uuid: uuid, state }: SDKCommandLifecycleMessage): SessionView {
  if (state === 'started') return takePrompt(view, uuid);
  return state === 'cancelled' ? withdrawPrompt(view, uuid) : view;
}

function foldSystem(view: SessionView, message: SystemMessage, nowMs: number): SessionView {
  switch (message.subtype) {
    case 'init':
      return { ...openTurn(view, message.uuid), model: message.model, mode: toMode(message) };
    case 'status':
      return { ...view, mode: toMode(message) ?? view.mode };
    case 'api_retry': {
      const { attempt, max_retries: maxRetries, error, error_status: status } = message;
      return {
        ...ensurePrompt(view),
        retry: { attempt, maxRetries, error, status, dueAtMs: nowMs + message.retry_delay_ms },
      };
    }
    case 'permission_request':
      return foldPermissionRequest(view, message);
    case 'permission_answered':
      return foldPermissionAnswer(view, message);
    case 'permission_denied':
      return foldPermissionDenied(view, message);
    case 'tool_call_request':
      return foldToolCallRequest(view, message);
    case 'tool_call_answered':
      return foldToolCallAnswered(view, message);
    case 'prompt_withdrawn':
      return withdrawPrompt(view, message.prompt_uuid);
    case 'informational':
      return appendBlock(ensurePrompt(view), {
        kind: 'notice',
        key: message.uuid,
        level: message.level === 'warning' ? 'warning' : 'info',
        text: message.content,
      });
    case 'conversation_rewound':
      return { ...view, turns: turnsBefore(view.turns, message.from_uuid) };
    default:
      // Of hooks programs are told that ask for it; of tasks the page shows what the model is told.
      return view;
  }
}

/** A turn has the key of its `init`. */
function turnsBefore(turns: readonly Turn[], key: string): readonly Turn[] {
  const from = turns.findIndex((turn) => turn.key === key);
  return from < 0 ? turns : turns.slice(0, from);
}

/** The mode as it was set: Colloquy's own modes are reported as `default`, with their name beside. */
function toMode(
  message: SDKSystemMessage | (SDKStatusMessage & { colloquy_mode?: string | undefined }),
): string | undefined {
  return message.colloquy_mode ?? message.permissionMode;
}
