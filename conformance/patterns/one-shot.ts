import { type Options, query } from 'agent-sdk';

/** One question, with tools, and its answer. */
export async function run(options: Options): Promise<unknown> {
  const told: string[] = [];
  const reading = query({
    prompt: 'What is the capital named in city.txt?',
    options: { ...options, allowedTools: ['Read'], tools: ['Read', 'Bash'] },
  });
  for await (const message of reading) {
    if (message.type === 'assistant') {
      for (const block of message.message.content) {
        if (block.type === 'text') told.push(`said ${block.text}`);
        if (block.type === 'tool_use')
          told.push(`called ${block.name} with ${Object.keys(Object(block.input)).join()}`);
      }
    }
    if (message.type === 'result' && message.subtype === 'success') told.push(`result ${message.result}`);
  }
  return told;
}
