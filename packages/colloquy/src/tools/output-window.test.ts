import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OutputWindow } from './output-window.ts';

test('keeps all of a short stream, however it was cut', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 5 })), (chunks) => {
      const window = new OutputWindow(1000);
      for (const chunk of chunks) window.add(Buffer.from(chunk));
      expect(window.text()).toBe(new TextDecoder().decode(Buffer.concat(chunks)));
      expect(window.droppedBytes).toBe(0);
    }),
  );
});

test('keeps both ends of a long one, and never half a character', () => {
  const window = new OutputWindow(8);
  for (const char of 'aéébcdefgéhé') window.add(Buffer.from(char));
  expect(window.text()).toBe('aé\n[… 8 bytes left out …]\nhé');
  expect(window.droppedBytes).toBe(8);
});

test('one chunk larger than everything is cut the same way', () => {
  const window = new OutputWindow(4);
  window.add(Buffer.from('abcdefgh'));
  expect(window.text()).toBe('ab\n[… 4 bytes left out …]\ngh');
});
