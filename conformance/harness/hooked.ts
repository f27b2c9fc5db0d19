import type { HookCallback, HookEvent, HookInput, Options } from 'colloquy';

/** Callbacks of many events, which remember what they were told and have no opinion. */
export function recorder(events: readonly HookEvent[]) {
  const told: HookInput[] = [];
  const ids: [HookEvent, string | undefined][] = [];
  const note: HookCallback = async (input, toolUseId) => {
    told.push(input);
    ids.push([input.hook_event_name, toolUseId]);
    return {};
  };
  const hooks: Options['hooks'] = Object.fromEntries(events.map((event) => [event, [{ hooks: [note] }]]));
  return { hooks, told, ids, of: (event: HookEvent) => told.filter((input) => input.hook_event_name === event) };
}

/** Where a conversation is written, which only Claude Code does; what depends on the machine; texts of the engine. */
const NOT_COMPARED = new Set([
  // Of these, the row of the base input tells.
  'cwd',
  'permission_mode',
  // Words for the model, each engine's own.
  'error',
  'transcript_path',
  'agent_transcript_path',
  'prompt_id',
  'effort',
  'background_tasks',
  'session_crons',
  'error_details',
  'tool_response',
  'permission_suggestions',
]);

/** The fields of a hook's input that public types have, but for those that only Claude Code can fill in. */
export function inputOf(input: HookInput | undefined): Record<string, unknown> | undefined {
  if (input === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(input)
      .filter(([field]) => !NOT_COMPARED.has(field))
      .map(([field, value]) => [
        field,
        field === 'agent_id' ? '<agent>' : field === 'tool_calls' ? withoutResponses(value) : value,
      ]),
  );
}

const withoutResponses = (calls: unknown): unknown =>
  Array.isArray(calls) ? calls.map((call: object) => ({ ...call, tool_response: '<text>' })) : calls;
