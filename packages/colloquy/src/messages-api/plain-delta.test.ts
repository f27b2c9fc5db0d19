import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainDelta } from './plain-delta.ts';

const delta = (text: string, index = 0): string =>
  JSON.stringify({ type: 'content_block_delta', index, delta: { type: 'text_delta', text } });

describe('a plain delta', () => {
  test('is read like JSON.parse reads it, or left to it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 0, max: 30 }), (text, index) => {
        const data = delta(text, index);
        expect(plainDelta(data) ?? JSON.parse(data)).toEqual(JSON.parse(data));
      }),
    );
  });

  test('is never read out of something that is not JSON, or says more', () => {
    fc.assert(
      fc.property(fc.nat(), fc.string({ maxLength: 3 }), fc.integer({ min: 0, max: 3 }), (place, put, cut) => {
        const data = delta('One two');
        const at = place % data.length;
        const changed = data.slice(0, at) + put + data.slice(at + cut);
        const read = plainDelta(changed);
        if (read !== undefined) expect(read).toEqual(JSON.parse(changed));
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['text', delta('Hello'), true],
    ['text with the spaces that the API adds', `${delta('Hello').slice(0, -1)}     }`, true],
    ['thinking', '{"type":"content_block_delta","index":3,"delta":{"type":"thinking_delta","thinking":"Hm"}}', true],
    ['text of the eleventh block', delta('Hello', 10), false],
    ['text with an escape', delta('"Hello"'), false],
    ['another order', '{"index":0,"type":"content_block_delta","delta":{"type":"text_delta","text":"a"}}', false],
    [
      'a further field',
      '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a","x":"b"}}',
      false,
    ],
  ])('%s', (_what, data, plain) => {
    expect(plainDelta(data)).toEqual(plain ? JSON.parse(data) : undefined);
  });
});
