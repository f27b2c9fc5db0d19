import { derivedUuid } from '../helpers/derived-uuid.ts';
import type { Entry } from '../log/entries.ts';
import type { MessageParam } from '../messages-api/types.ts';
import type { SDKConversationRewoundMessage, SDKMessage, SDKStatusMessage } from '../messages.ts';
import type { Common } from '../system-messages.ts';

/** Whose messages they are: of the session itself, or of the subagent that a tool use has started. */
export type AgentFields = {
  parent_tool_use_id: string | null;
  agent_id?: string;
  subagent_type?: string;
  task_description?: string;
};
export type CommonFields = Pick<Common, 'uuid' | 'session_id'>;

/** What is told of a conversation that goes on from before a prompt. */
export function rewound(
  sessionId: string,
  { prompt = '', prompts = [], from, to, by = '' }: Entry & { kind: 'rewind' },
  common: CommonFields,
): SDKConversationRewoundMessage {
  return {
    type: 'system',
    subtype: 'conversation_rewound',
    prompt_uuid: prompt,
    dropped_prompts: prompts,
    from_uuid: derivedUuid(sessionId, from ?? to + 1, 0),
    by,
    ...common,
  };
}

/** A change of mode. Colloquy's own modes are reported as `default`, with their name beside, as in `init`. */
export function modeMessages(entry: Entry & { kind: 'settings' }, common: CommonFields): readonly SDKStatusMessage[] {
  const { permissionMode: mode, reportedMode: reported } = entry.patch;
  if (typeof reported !== 'string') return [];
  // Written by the mode control together with the mode itself.
  const permissionMode = reported as NonNullable<SDKStatusMessage['permissionMode']>;
  const own = typeof mode === 'string' && mode !== reported ? { colloquy_mode: mode } : {};
  return [{ type: 'system', subtype: 'status', status: null, permissionMode, ...own, ...common }];
}

/** Text that the engine adds: what of it is shown, and how. */
export function contextMessages(
  from: AgentFields,
  entry: Entry & { kind: 'context' },
  common: CommonFields,
): readonly SDKMessage[] {
  // Text blocks written by the turn.
  const content = entry.content as Exclude<MessageParam['content'], string>;
  switch (entry.source) {
    case 'interrupt':
      return [{ type: 'user', message: { role: 'user', content }, ...from, timestamp: entry.at, ...common }];
    case 'continue':
    case 'output_reminder':
    case 'first_prompt':
    case 'stop_hook':
      return [
        {
          type: 'user',
          message: { role: 'user', content },
          ...from,
          isSynthetic: true,
          timestamp: entry.at,
          ...common,
        },
      ];
    case 'warning': {
      const text = content.map((block) => (block.type === 'text' ? block.text : '')).join('');
      return [{ type: 'system', subtype: 'informational', content: text, level: 'warning', ...common }];
    }
    default:
      return [];
  }
}
