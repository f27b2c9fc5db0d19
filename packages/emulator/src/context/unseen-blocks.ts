import { blocksOf, type MessagesRequest } from '../request/messages-request.ts';

/**
 * Blocks that are sent and not shown to the model, each as `at.index`: besides those of `leftOut` what stands before a
 * compaction, and system messages that were to be shown for one turn only.
 */
export function unseenBlocks(
  { messages }: MessagesRequest,
  o: { leftOut: ReadonlySet<string>; cut: { at: number; index: number } | undefined },
): ReadonlySet<string> {
  const passing = passingMessages(messages);
  if (o.cut === undefined && passing.length === 0) return o.leftOut;
  const unseen = new Set(o.leftOut);
  const leaveOut = (at: number, end: number): void => {
    for (let index = 0; index < end; index += 1) unseen.add(`${at}.${index}`);
  };
  const lengthOf = (at: number): number => blocksOf(messages[at]?.content).length;
  for (const at of passing) leaveOut(at, lengthOf(at));
  if (o.cut !== undefined) {
    for (let at = 0; at < o.cut.at; at += 1) leaveOut(at, lengthOf(at));
    leaveOut(o.cut.at, o.cut.index);
  }
  return unseen;
}

/** System messages that end with the user's next message, which has come. */
function passingMessages(messages: MessagesRequest['messages']): readonly number[] {
  const passing: number[] = [];
  const lastUser = messages.findLastIndex(({ role }) => role === 'user');
  for (let at = 0; at < lastUser; at += 1) {
    const message = messages[at];
    if (message?.role === 'system' && 'clear_at' in message && message.clear_at === 'next_user_message')
      passing.push(at);
  }
  return passing;
}
