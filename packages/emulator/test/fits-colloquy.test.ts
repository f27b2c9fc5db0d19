import type { Options } from 'colloquy';
import { expectTypeOf, test } from 'vitest';
import type { HttpSend } from '@colloquy/emulator';

test('the emulator’s send is what Colloquy takes as send', () => {
  expectTypeOf<HttpSend>().toExtend<NonNullable<Options['send']>>();
  expectTypeOf<NonNullable<Options['send']>>().toExtend<HttpSend>();
});
