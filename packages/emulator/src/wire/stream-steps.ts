import type { Place, PlacedFault, StreamFault } from '../replies/reply.ts';
import type { PlannedMessage } from '../replies/plan-message.ts';
import { encodedRuns } from './encoded-runs.ts';
import { deltaFrames, messageFrames, type Frame } from './frames.ts';
import { spoiledSteps } from './spoiled-steps.ts';

/** What a body does next. */
export type Step =
  | ({ type: 'frame' } & Frame)
  | { type: 'bytes'; bytes: Uint8Array }
  | { type: 'wait'; ms: number }
  | { type: 'stall' }
  | { type: 'cut' }
  | { type: 'reset' };

/** The steps of a stream, with the faults in their places. */
export function streamSteps(
  message: PlannedMessage,
  o: { gapMs: number; faults: readonly StreamFault[] },
): Iterator<Step, void, void> {
  if (o.faults.length === 0 && o.gapMs === 0) return runSteps(message);
  const steps = spoiledSteps(messageFrames(message, deltaFrames), placedFaults(o.faults));
  return written(steps, o.faults);
}

/** Without pace and fault nobody can tell single deltas apart: long blocks go out as runs of them. */
function* runSteps(message: PlannedMessage): Generator<Step, void, void> {
  for (const part of messageFrames(message, encodedRuns)) {
    if ('bytes' in part) yield { type: 'bytes', bytes: part.bytes };
    else yield { type: 'frame', ...part };
  }
}

/** The byte order mark and the line ends that the faults ask for. */
function* written(steps: Iterable<Step>, faults: readonly StreamFault[]): Generator<Step, void, void> {
  if (faults.some(({ type }) => type === 'byte_order_mark')) yield { type: 'frame', text: '\uFEFF', paced: false };
  const ends = faults.find((fault) => fault.type === 'line_ends')?.ends;
  for (const step of steps) {
    if (step.type !== 'frame' || ends === undefined) yield step;
    else yield { ...step, text: step.text.replaceAll('\n', ends === 'crlf' ? '\r\n' : '\r') };
  }
}

/** An answer without streaming has no events: what ends a stream strikes in the middle of its JSON, and delays come first. */
export function* jsonSteps(json: string, faults: readonly StreamFault[]): Generator<Step, void, void> {
  const placed = placedFaults(faults);
  for (const fault of placed) if (fault.type === 'delay') yield { type: 'wait', ms: fault.ms };
  const ending = placed.map(({ type }) => type).find((type) => ENDING.has(type));
  if (ending === undefined) {
    yield { type: 'frame', text: json, paced: false };
    return;
  }
  yield { type: 'frame', text: json.slice(0, Math.floor(json.length / 2)), paced: false };
  if (ending === 'cut' || ending === 'reset' || ending === 'stall') yield { type: ending };
}

const ENDING: ReadonlySet<string> = new Set<PlacedFault['type']>(['cut', 'reset', 'end', 'stall']);

function placedFaults(faults: readonly StreamFault[]): (Place & PlacedFault)[] {
  return faults.filter((fault) => 'afterEvents' in fault || 'before' in fault);
}
