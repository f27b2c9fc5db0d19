import { createEmulator, emit } from '@colloquy/emulator';
import type { SDKMessage } from 'colloquy';
import { expect, test } from 'vitest';
import { createSession, follow, isResult, sendPrompt, startServer } from './running-server.ts';
import { type Frame, SseReader } from './sse-reader.ts';

const TURNS = 5;
const STEP_BYTES = 1_024;

const settled = (frames: readonly Frame[]): (SDKMessage | undefined)[] =>
  frames.map(({ message }) => message).filter((message) => message !== undefined && message.type !== 'stream_event');

test('of ten viewers, one that takes a kilobyte at a time holds up nobody, and is told the same in the end', async () => {
  const { client } = await startServer({
    emulator: createEmulator({ script: Array.from({ length: TURNS }, () => emit(150)) }),
  });
  const id = await createSession(client);
  const response = await client.get(`/v1/sessions/${id}/messages/stream`);
  const steps = new Steps(response);
  const slow = new SseReader(new Response(steps.body));
  const slowFrames: Frame[] = [];
  const readingSlowly = (async () => {
    for (let results = 0; results < TURNS;) {
      const frame = await slow.next();
      if (frame === undefined) break;
      slowFrames.push(frame);
      if (isResult(frame)) results += 1;
    }
  })();
  const others = await Promise.all(Array.from({ length: 9 }, () => follow(client, id)));

  // One kilobyte for each turn that all others read to its end: if they waited for it, they would never come there.
  const seen: Frame[][] = others.map(() => []);
  for (let turn = 0; turn < TURNS; turn += 1) {
    steps.allow(1);
    await sendPrompt(client, id, `Prompt ${turn}`);
    const read = await Promise.all(others.map((reader) => reader.until(isResult)));
    for (const [index, frames] of read.entries()) seen[index]?.push(...frames);
  }
  expect(steps.taken).toBeLessThanOrEqual(TURNS);
  expect(slowFrames.filter(isResult)).toEqual([]);
  for (const frames of seen) expect(settled(frames)).toEqual(settled(seen[0] ?? []));

  steps.allow(Infinity);
  await readingSlowly;
  expect(settled(slowFrames)).toEqual(settled(seen[0] ?? []));
  await slow.close();
});

/** A body that gives a kilobyte for each step that the test allows. */
class Steps {
  readonly body: ReadableStream<Uint8Array>;
  taken = 0;
  #allowed = 0;
  #wake: () => void = () => {};

  constructor(response: Response) {
    const reader = response.body?.getReader();
    let rest = new Uint8Array();
    this.body = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          while (this.#allowed === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
          this.#allowed -= 1;
          this.taken += 1;
          if (rest.length === 0) rest = new Uint8Array((await reader?.read())?.value ?? []);
          if (rest.length === 0) return controller.close();
          controller.enqueue(rest.subarray(0, STEP_BYTES));
          rest = rest.subarray(STEP_BYTES);
        },
        cancel: () => reader?.cancel(),
      },
      { highWaterMark: 0 },
    );
  }

  allow(steps: number): void {
    this.#allowed += steps;
    this.#wake();
  }
}
