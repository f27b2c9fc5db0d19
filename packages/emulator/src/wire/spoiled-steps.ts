import type { Place, PlacedFault } from '../replies/reply.ts';
import { errorFrame, type Frame } from './frames.ts';
import type { Step } from './stream-steps.ts';

/** Where a stream is when a fault may strike. */
type Moment = {
  next: Frame;
  previous: Frame | undefined;
  /** The block that is open, and the newest one that began. */
  open: number | undefined;
  begun: number | undefined;
};

/** What a fault makes of a moment: steps put in before the next event, and whether that event, or anything, still comes. */
type Strike = { steps: readonly Step[]; afterwards: 'go_on' | 'skip_event' | 'end' };

/** The events of a message with faults between them. `message_stop` never passes a fault that ends the stream. */
export function* spoiledSteps(
  frames: Iterable<Frame>,
  faults: readonly (Place & PlacedFault)[],
): Generator<Step, void, void> {
  let waiting = [...faults];
  let passed = 0;
  const moment = { previous: undefined, open: undefined, begun: undefined } as Omit<Moment, 'next'>;
  for (const next of frames) {
    const name = nameOf(next);
    const due = waiting.filter((fault) => isDue(fault, { passed, name }) && canStrike(fault, moment));
    waiting = waiting.filter((fault) => !due.includes(fault));
    let skips = false;
    for (const fault of due) {
      const strike = strikeOf(fault, { ...moment, next });
      yield* strike.steps;
      if (strike.afterwards === 'end') return;
      skips ||= strike.afterwards === 'skip_event';
    }
    passed += 1;
    if (name === 'content_block_start') moment.open = moment.begun = indexOf(next);
    if (name === 'content_block_stop') moment.open = undefined;
    moment.previous = next;
    if (!skips) yield { type: 'frame', ...next };
  }
}

function isDue(fault: Place, at: { passed: number; name: string }): boolean {
  if (at.name === 'message_stop') return true;
  return fault.before === undefined ? at.passed >= fault.afterEvents : at.name === fault.before;
}

function canStrike(fault: PlacedFault, moment: Omit<Moment, 'next'>): boolean {
  switch (fault.type) {
    case 'unknown_delta':
      return moment.open !== undefined;
    case 'duplicate_index':
      return moment.begun !== undefined;
    case 'repeated_event':
      return moment.previous !== undefined;
    default:
      return true;
  }
}

function strikeOf(fault: PlacedFault, moment: Moment): Strike {
  switch (fault.type) {
    case 'cut': {
      const part: Step[] = fault.insideCharacter
        ? [{ type: 'bytes', bytes: upToInsideCharacter(moment.next.text) }]
        : [];
      return { steps: [...part, { type: 'cut' }], afterwards: 'end' };
    }
    case 'reset':
    case 'stall':
      return { steps: [{ type: fault.type }], afterwards: 'end' };
    case 'end':
      return { steps: [], afterwards: 'end' };
    case 'error_event':
      return { steps: [{ type: 'frame', ...errorFrame(fault.error) }], afterwards: 'end' };
    case 'delay':
      return { steps: [{ type: 'wait', ms: fault.ms }], afterwards: 'go_on' };
    case 'malformed_event':
      return { steps: [sent(cutJson(moment.next.text))], afterwards: 'skip_event' };
    case 'lost_event':
      return { steps: [], afterwards: 'skip_event' };
    default:
      return { steps: [sent(insertedText(fault, moment))], afterwards: 'go_on' };
  }
}

type Insertion = Extract<
  PlacedFault,
  {
    type: 'repeated_event' | 'unknown_event' | 'unknown_delta' | 'duplicate_index' | 'comment' | 'huge_line' | 'insert';
  }
>;

function insertedText(fault: Insertion, { previous, open, begun }: Moment): string {
  switch (fault.type) {
    case 'repeated_event':
      return previous?.text ?? '';
    case 'unknown_event':
      return eventText('emulated_event', { note: 'No API sends this.' });
    case 'unknown_delta':
      return eventText('content_block_delta', { index: open, delta: { type: 'emulated_delta', emulated: '?' } });
    case 'duplicate_index':
      return [
        eventText('content_block_start', { index: begun, content_block: { type: 'text', text: '' } }),
        eventText('content_block_delta', { index: begun, delta: { type: 'text_delta', text: 'Twice.' } }),
        eventText('content_block_stop', { index: begun }),
      ].join('');
    case 'comment':
      return `: ${fault.text ?? 'keep-alive'}\n\n`;
    case 'huge_line':
      return eventText('ping', { padding: 'x'.repeat(fault.bytes) });
    case 'insert':
      return fault.text;
    default:
      return fault satisfies never;
  }
}

function sent(text: string): Step {
  return { type: 'frame', text, paced: false };
}

function eventText(type: string, fields: Record<string, unknown>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

/** The event with its data cut in the middle, and its frame whole. */
function cutJson(text: string): string {
  const data = text.indexOf('data: ') + 'data: '.length;
  return `${text.slice(0, data + Math.floor((text.trimEnd().length - data) / 2))}\n\n`;
}

function nameOf(frame: Frame): string {
  return frame.text.slice('event: '.length, frame.text.indexOf('\n'));
}

function indexOf(frame: Frame): number {
  return Number(/"index":(\d+)/.exec(frame.text)?.[1]);
}

/** The bytes up to and with the first byte of the first character of several bytes; all but the last when there is none. */
function upToInsideCharacter(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  const at = bytes.findIndex((byte) => byte >= 0xc0);
  return bytes.subarray(0, at === -1 ? bytes.length - 1 : at + 1);
}
