import { blocksOf, isRecord, type RequestBlock, type RequestMessage } from '../request/messages-request.ts';
import { sealOf } from '../request/seal.ts';
import { isServerToolResult } from './check-prefill.ts';
import { refuse } from './refusal.ts';

const ID = /^srvtoolu_[a-zA-Z0-9_]+$/;

/**
 * Calls of the API's own tools that are sent back: each has its one outcome later in the conversation, unless it is still under
 * way, and what the API has encrypted is unchanged.
 */
export function checkServerTools(messages: readonly RequestMessage[]): void {
  const open = new Map<string, { place: string; at: number; name: unknown }>();
  for (const [at, message] of messages.entries()) {
    if (message.role !== 'assistant' || typeof message.content === 'string') continue;
    for (const [index, block] of blocksOf(message.content).entries()) {
      const place = `messages.${at}.content.${index}`;
      if (block.type === 'server_tool_use') open.set(checkUse(block, place), { place, at, name: block.name });
      else if (isServerToolResult(block.type)) checkResult(block, place, open);
      else if (block.type === 'text') checkCitations(block.citations, `${place}.text.citations`);
    }
  }
  const lastAnswer = messages.findLastIndex(({ role }) => role === 'assistant');
  for (const [id, { place, at, name }] of open) {
    // A call under way ends its answer, and with calls of the client's own its outcome comes after their results.
    const next = messages[at + 1];
    const isUnderWay = at === lastAnswer && (next === undefined || blocksOf(next.content).some(isClientResult));
    if (!isUnderWay)
      refuse(
        `${place}: \`${String(name)}\` tool use with id \`${id}\` was found without a corresponding \`${String(name)}_tool_result\` block`,
      );
  }
}

function checkUse(block: RequestBlock, place: string): string {
  const { id } = block;
  if (typeof id !== 'string' || !ID.test(id))
    refuse(`${place}.server_tool_use.id: String should match pattern '${ID.source}'`);
  if (typeof block.name !== 'string') refuse(`${place}.server_tool_use.name: Field required`);
  if (!isRecord(block.input)) refuse(`${place}.server_tool_use.input: Input should be an object`);
  return id;
}

function checkResult(block: RequestBlock, place: string, open: Map<string, unknown>): void {
  const id = String(block.tool_use_id);
  if (!open.delete(id)) {
    refuse(
      `${place}: unexpected \`tool_use_id\` found in \`${block.type}\` blocks: ${id}. ` +
        'Each result must have a corresponding `server_tool_use` block before it.',
    );
  }
  if (block.type !== 'web_search_tool_result' || !Array.isArray(block.content)) return;
  for (const [index, result] of block.content.entries()) {
    const inner = `${place}.web_search_tool_result.content.${index}`;
    if (!isRecord(result)) refuse(`${inner}: Input should be an object`);
    const { url, title, page_age: age, encrypted_content: encrypted } = result;
    if (encrypted !== sealOf('search_result', url, title, age ?? null))
      refuse(`${inner}: Invalid \`encrypted_content\``);
  }
}

function checkCitations(citations: unknown, place: string): void {
  if (!Array.isArray(citations)) return;
  for (const [index, citation] of citations.entries()) {
    if (!isRecord(citation) || citation.type !== 'web_search_result_location') continue;
    if (citation.encrypted_index !== sealOf('citation', citation.url, citation.cited_text))
      refuse(`${place}.${index}: Invalid \`encrypted_index\``);
  }
}

function isClientResult({ type }: RequestBlock): boolean {
  return type === 'tool_result';
}
