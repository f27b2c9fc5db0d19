import type { StreamFault } from '../replies/reply.ts';
import type { PlannedMessage } from '../replies/plan-message.ts';
import { encodedRuns } from './encoded-runs.ts';
import { deltaFrames, errorFrame, messageFrames, type Frame } from './frames.ts';

/** What a body does next. */
export type Step =
  | ({ type: 'frame' } & Frame)
  | { type: 'bytes'; bytes: Uint8Array }
  | { type: 'stall' }
  | { type: 'cut' };

/** The steps of a stream, with the fault in its place. */
export function streamSteps(
  message: PlannedMessage,
  o: { gapMs: number; fault: StreamFault | undefined },
): Iterator<Step, void, void> {
  if (o.fault === undefined && o.gapMs === 0) return runSteps(message);
  return faultySteps(messageFrames(message, deltaFrames), o.fault);
}

/** Without pace and fault nobody can tell single deltas apart: long blocks go out as runs of them. */
function* runSteps(message: PlannedMessage): Generator<Step, void, void> {
  for (const part of messageFrames(message, encodedRuns)) {
    if ('bytes' in part) yield { type: 'bytes', bytes: part.bytes };
    else yield { type: 'frame', ...part };
  }
}

/** The event `message_stop` never passes a fault that ends the stream. */
function* faultySteps(frames: Iterable<Frame>, fault: StreamFault | undefined): Generator<Step, void, void> {
  if (fault === undefined || fault.type === 'split_characters') {
    for (const frame of frames) yield { type: 'frame', ...frame };
    return;
  }
  let passed = 0;
  for (const frame of frames) {
    if (passed >= fault.afterEvents || isStop(frame)) {
      yield* faultSteps(fault, frame);
      return;
    }
    passed += 1;
    yield { type: 'frame', ...frame };
  }
}

/** An answer without streaming has no events: the fault strikes in the middle of its JSON. */
export function* jsonSteps(json: string, fault: StreamFault | undefined): Generator<Step, void, void> {
  if (fault === undefined || fault.type === 'split_characters') {
    yield { type: 'frame', text: json, paced: false };
    return;
  }
  const half = Math.floor(json.length / 2);
  yield { type: 'frame', text: json.slice(0, half), paced: false };
  if (fault.type !== 'error_event') yield* faultSteps(fault, { text: json.slice(half), paced: false });
}

function* faultSteps(
  fault: Exclude<StreamFault, { type: 'split_characters' }>,
  next: Frame,
): Generator<Step, void, void> {
  switch (fault.type) {
    case 'cut':
      if (fault.insideCharacter) yield { type: 'bytes', bytes: upToInsideCharacter(next.text) };
      yield { type: 'cut' };
      return;
    case 'end':
      return;
    case 'stall':
      yield { type: 'stall' };
      return;
    case 'error_event':
      yield { type: 'frame', ...errorFrame(fault.error) };
      return;
    default:
      fault satisfies never;
  }
}

function isStop(frame: Frame): boolean {
  return frame.text.startsWith('event: message_stop');
}

/** The bytes up to and with the first byte of the first character of several bytes; all but the last when there is none. */
function upToInsideCharacter(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  const at = bytes.findIndex((byte) => byte >= 0xc0);
  return bytes.subarray(0, at === -1 ? bytes.length - 1 : at + 1);
}

/** Cuts bytes after the first byte of each character that has several; joined they are what they were. */
export function splitCharactersOf(bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (const [at, byte] of bytes.entries()) {
    if (byte < 0xc0) continue;
    pieces.push(bytes.subarray(from, at + 1));
    from = at + 1;
  }
  return [...pieces, bytes.subarray(from)];
}
