import { type HookCallback, type Options, type PreToolUseHookInput, query } from 'agent-sdk';

/** A hook keeps commands that remove things from running, whatever allows them. */
export async function run(options: Options): Promise<unknown> {
  const seen: string[] = [];
  const guard: HookCallback = async (input, toolUseID) => {
    if (input.hook_event_name !== 'PreToolUse') return {};
    const { tool_name, tool_input }: PreToolUseHookInput = input;
    const command =
      typeof tool_input === 'object' && tool_input !== null && 'command' in tool_input ? tool_input.command : '';
    seen.push(`${tool_name} ${String(command)} ${toolUseID === input.tool_use_id}`);
    if (!String(command).startsWith('rm ')) return {};
    return {
      hookSpecificOutput: {
        hookEventName: 'PreToolUse',
        permissionDecision: 'deny',
        permissionDecisionReason: 'Nothing is removed here.',
      },
    };
  };
  const results: unknown[] = [];
  const denials: string[] = [];
  const work = query({
    prompt: 'Tidy up',
    options: {
      ...options,
      tools: ['Bash'],
      allowedTools: ['Bash(echo *)', 'Bash(rm *)'],
      hooks: { PreToolUse: [{ matcher: 'Bash', hooks: [guard] }] },
    },
  });
  for await (const message of work) {
    if (message.type === 'user' && Array.isArray(message.message.content)) {
      for (const block of message.message.content) {
        if (block.type !== 'tool_result') continue;
        const text = JSON.stringify(block.content);
        results.push(text.includes('Nothing is removed here.') ? 'denied with the reason' : text);
      }
    }
    if (message.type === 'result') denials.push(...message.permission_denials.map(({ tool_name }) => tool_name));
  }
  return { seen, results, denials };
}
