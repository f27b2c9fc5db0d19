import { type CanUseTool, type Options, query } from 'agent-sdk';

/** Somebody is asked before a file is written, and changes where it goes; another file may not be written at all. */
export async function run(options: Options): Promise<unknown> {
  const asked: string[] = [];
  const canUseTool: CanUseTool = async (toolName, input, { signal, toolUseID }) => {
    asked.push(`${toolName} ${Object.keys(input).toSorted().join()} ${signal.aborted} ${toolUseID.length > 0}`);
    const path = String(input['file_path']);
    if (path.endsWith('secret.txt')) return { behavior: 'deny', message: 'Not that file.' };
    return { behavior: 'allow', updatedInput: { ...input, file_path: path.replace('draft', 'final') } };
  };
  const written: string[] = [];
  for await (const message of query({
    prompt: 'Write both files',
    options: { ...options, canUseTool, tools: ['Write'] },
  })) {
    if (message.type !== 'user' || typeof message.message.content === 'string') continue;
    for (const block of message.message.content) {
      if (block.type === 'tool_result') written.push(block.is_error === true ? 'refused' : 'written');
    }
  }
  return { asked, written };
}
