import { blocksOf, type RequestBlock, type RequestMessage } from '../request/messages-request.ts';
import { refuse } from './refusal.ts';

type Group = { role: string; place: string; blocks: RequestBlock[] };

/** Every tool_use has its one tool_result in the next message, before anything else there; and no result stands alone. */
export function checkToolPairs(messages: readonly RequestMessage[]): void {
  const groups = mergeNeighbours(messages);
  const known = new Set<string>();
  for (const [index, group] of groups.entries()) {
    const asked = idsOf(group, 'tool_use', 'id');
    for (const id of asked) {
      if (known.has(id)) refuse(`${group.place}: \`tool_use\` ids must be unique; ${id} is used twice`);
      known.add(id);
    }
    if (group.role === 'assistant') checkAnswered(asked, group, groups[index + 1]);
    if (group.role === 'user') checkAsked(group, groups[index - 1]);
  }
}

/** Neighbours of one role count as one message. */
function mergeNeighbours(messages: readonly RequestMessage[]): Group[] {
  const groups: Group[] = [];
  for (const [index, message] of messages.entries()) {
    const open = groups.at(-1);
    if (open?.role === message.role) open.blocks.push(...blocksOf(message.content));
    else groups.push({ role: message.role, place: `messages.${index}`, blocks: [...blocksOf(message.content)] });
  }
  return groups;
}

function idsOf(group: Group | undefined, type: 'tool_use' | 'tool_result', field: 'id' | 'tool_use_id'): string[] {
  return (group?.blocks ?? []).filter((block) => block.type === type).map((block) => String(block[field]));
}

function checkAnswered(asked: readonly string[], group: Group, next: Group | undefined): void {
  const answered = new Set(idsOf(next?.role === 'user' ? next : undefined, 'tool_result', 'tool_use_id'));
  const open = asked.filter((id) => !answered.has(id));
  if (open.length === 0) return;
  refuse(
    `${group.place}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}. ` +
      'Each `tool_use` block must have a corresponding `tool_result` block in the next message.',
  );
}

function checkAsked(group: Group, before: Group | undefined): void {
  const asked = new Set(idsOf(before?.role === 'assistant' ? before : undefined, 'tool_use', 'id'));
  const seen = new Set<string>();
  let other = false;
  for (const [index, block] of group.blocks.entries()) {
    if (block.type !== 'tool_result') {
      other = true;
      continue;
    }
    const id = String(block.tool_use_id);
    const place = `${group.place}.content.${index}`;
    if (!asked.has(id)) {
      refuse(
        `${place}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. ` +
          'Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
      );
    }
    if (seen.has(id))
      refuse(`${place}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${id}`);
    if (other) refuse(`${place}: \`tool_result\` blocks must come before any other content of the message`);
    seen.add(id);
  }
}
