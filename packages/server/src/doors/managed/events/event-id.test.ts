import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toBase32 } from '../../../resources/ids.ts';
import { fromEventId, toEventId } from './event-id.ts';

const place = fc.record({ seq: fc.integer({ min: 1, max: 2 ** 44 - 1 }), index: fc.integer({ min: 0, max: 0xffff }) });

test('an id names the session, the entry and the number, and nothing else', () => {
  fc.assert(
    fc.property(fc.uuid(), place, (session, { seq, index }) => {
      const id = toEventId(session, seq, index);
      expect(id).toMatch(/^sevt_[0-9a-z]{39}$/);
      expect(fromEventId(session, id)).toEqual({ seq, index });
      const bytes = Buffer.alloc(24);
      bytes.write(session.replaceAll('-', ''), 'hex');
      bytes.writeUIntBE(seq, 16, 6);
      bytes.writeUInt16BE(index, 22);
      expect(id).toBe(`sevt_${toBase32(bytes)}`);
    }),
  );
});

test('ids of one session are in the order of the log', () => {
  const session = randomUUID();
  const ids = [1, 2, 3, 4_000, 16_383, 16_384, 2 ** 30, 2 ** 31, 2 ** 43].flatMap((seq) => [
    toEventId(session, seq, 0),
    toEventId(session, seq, 0x8000),
  ]);
  expect(ids.toSorted()).toEqual(ids);
});

test('the id of another session, and what is no id, name nothing', () => {
  const session = randomUUID();
  expect(fromEventId(session, toEventId(randomUUID(), 1))).toBeUndefined();
  const id = toEventId(session, 1);
  for (const other of ['', 'sevt_', id.slice(0, -1), `${id}0`, id.toUpperCase(), id.replace('sevt', 'sesn'), 'toolu_1'])
    expect(fromEventId(session, other)).toBeUndefined();
});

test('what cannot be named is a fault, and not another name', () => {
  expect(() => toEventId(randomUUID(), 1, 0x10000)).toThrow(RangeError);
  expect(() => toEventId(randomUUID(), 2 ** 44)).toThrow(RangeError);
});
