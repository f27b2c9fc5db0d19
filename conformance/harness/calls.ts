import { type Reply, text, toolUse } from '@colloquy/emulator';
import type { Options, SDKMessage } from 'colloquy';
import { gather } from './gather.ts';
import type { Scene, Sdk } from './program.ts';

/** A call that the model makes: the tool, and its input. */
export type Call = readonly [tool: string, input: Record<string, unknown> | string];
/** What came of it, for the program and for the model. */
export type Called = { isError: boolean; output: unknown; told: unknown };

/** Ids and times that a tool has made, wherever they stand. */
export const withoutMade = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value ?? null)
      .replaceAll(/\b(?:[abm][a-z0-9]{8}|[0-9a-f]{8}|a[0-9a-f]{16})\b/g, '<made>')
      .replaceAll(/"nextFireAt":[\d.]+/g, '"nextFireAt":"<time>"'),
  );

/** What is allowed without asking in most programs of tools. */
export const TRUSTING: Options = {
  model: 'claude-opus-5-5',
  settingSources: [],
  permissionMode: 'bypassPermissions',
  allowDangerouslySkipPermissions: true,
};

/** Makes calls one after another, in one turn of a new session. */
export async function callTools(
  sdk: Sdk,
  at: Scene,
  calls: readonly Call[],
  options: Options = {},
): Promise<{ called: Called[]; messages: SDKMessage[]; thrown: string | undefined }> {
  at.emulator.script(...scriptOf(calls));
  const { messages, thrown } = await gather(
    sdk,
    sdk.query({ prompt: 'Make the calls', options: at.options({ ...TRUSTING, ...options }) }),
  );
  return { called: calledIn(messages), messages, thrown };
}

/** The model's replies that make these calls, and a last word. */
export const scriptOf = (calls: readonly Call[]): Reply[] => [
  ...calls.map(([tool, input]) => toolUse(tool, input)),
  text('Done.'),
];

/** Fields that the public types of tools do not have. */
const UNDOCUMENTED = new Set(['contentNotInModelContext']);
/** Words for people, which are each engine's own. */
const WORDS = new Set(['returnCodeInterpretation', 'listing', 'display', 'message', 'humanSchedule']);
const MADE = /\b(?:b[a-z0-9]{8}|[0-9a-f]{8})\b/;

/** As the public types have it; files that were found have no order. */
function documented(output: unknown): unknown {
  if (typeof output !== 'object' || output === null || Array.isArray(output)) return output;
  return Object.fromEntries(
    Object.entries(output)
      .filter(([field]) => !UNDOCUMENTED.has(field))
      .map(([field, value]) => [field, plainly(field, value)]),
  );
}

function plainly(field: string, value: unknown): unknown {
  // The keys of a notebook's cells have no order.
  if (/^(?:original|updated)_file$/.test(field) && typeof value === 'string') return JSON.parse(value);
  if (field === 'filenames' && Array.isArray(value)) return value.map(String).toSorted();
  if (typeof value !== 'string') return /At$|For$/.test(field) && typeof value === 'number' ? '<time>' : value;
  if (WORDS.has(field)) return '<words>';
  return /^(?:id|backgroundTaskId)$/.test(field) ? value.replace(MADE, '<made>') : value;
}

/** What came of each call of the main conversation, in order. */
export function calledIn(messages: readonly SDKMessage[]): Called[] {
  return messages.flatMap((message) => {
    if (message.type !== 'user' || message.parent_tool_use_id !== null || typeof message.message.content === 'string')
      return [];
    return message.message.content.flatMap((block) =>
      block.type === 'tool_result'
        ? [
            {
              isError: block.is_error === true,
              output: 'tool_use_result' in message ? message.tool_use_result : undefined,
              told: block.content,
            },
          ]
        : [],
    );
  });
}

/**
 * What a user sees of a call: its structured output, or, of an error, which of these words it tells. Errors are told in each engine's own
 * words.
 */
export function seen(called: Called | undefined, mentions: readonly string[] = []): unknown {
  if (called === undefined) return undefined;
  const { isError, output, told } = called;
  if (!isError) return typeof output === 'string' ? { isText: true } : { output: documented(output) };
  const words = typeof told === 'string' ? told : JSON.stringify(told);
  return { error: mentions.filter((word) => words.includes(word)), isText: typeof output === 'string' };
}
