import type { SDKMessage } from '../../messages.ts';
import type { PermissionModeInput } from '../../options/permissions.ts';
import { reportedMode } from '../../options/reported-mode.ts';
import type { FeedKind } from './message-feed.ts';
import type { CliLine } from './parse-line.ts';

/** What is for us alone, and for nobody who reads. */
const HIDDEN: ReadonlySet<string> = new Set(['keep_alive', 'transcript_mirror']);

/** A message of Claude Code as readers get it; undefined for what they do not. Unknown ones are passed on as they are. */
export function toFeed(
  line: CliLine,
  text: string,
  o: { mode: PermissionModeInput; lifecycle: 'cancelled' | undefined },
): { kind: FeedKind; text: string; message: SDKMessage } | undefined {
  if (HIDDEN.has(line.type)) return undefined;
  if (line.type === 'command_lifecycle') {
    // What is cancelled after a turn has taken it was told of by that turn's result.
    const isStale = line['state'] === 'cancelled' && o.lifecycle === undefined;
    return isStale ? undefined : { kind: 'lifecycle', text, message: toMessage(line) };
  }
  if (isPartial(line)) return { kind: 'fragment', text, message: toMessage(line) };
  const ownMode = tellsMode(line) && reportedMode(o.mode) !== o.mode ? o.mode : undefined;
  if (ownMode === undefined) return { kind: 'message', text, message: toMessage(line) };
  const told = { ...line, colloquy_mode: ownMode };
  return { kind: 'message', text: JSON.stringify(told), message: toMessage(told) };
}

/** Told only where stream events are asked for. */
function isPartial(line: CliLine): boolean {
  return line.type === 'stream_event' || (line.type === 'system' && line['status'] === 'requesting');
}

function tellsMode(line: CliLine): boolean {
  return line.type === 'system' && line['permissionMode'] === 'default';
}

function toMessage(line: CliLine): SDKMessage {
  // Claude Code's messages are those of its SDK, which ours are made after. One of a newer kind is passed on as it is: who switches
  // on `type` passes it over, and who knows it can use it.
  return line as unknown as SDKMessage;
}
