import { expect, test } from 'vitest';
import { EMPTY_VIEW, type SessionView, type TextBlock, type Turn } from '../session/view-model.ts';
import { announcementOf } from './announce.ts';

const text = (value: string, uuid: string | undefined): TextBlock => ({
  kind: 'text',
  key: 'm:0',
  ref: { message: 'm', index: 0 },
  uuid,
  text: value,
  aborted: false,
});
const running = (turn: Partial<Turn>): SessionView => ({
  ...EMPTY_VIEW,
  running: true,
  turns: [{ key: 't', blocks: [], end: undefined, ...turn }],
});

test('text is told once, when its block is whole', () => {
  const growing = running({ blocks: [text('Hel', undefined)] });
  const grown = running({ blocks: [text('Hello', undefined)] });
  const whole = running({ blocks: [text('Hello.', 'u')] });
  expect(announcementOf(growing, grown)).toEqual({ polite: '', urgent: '' });
  expect(announcementOf(grown, whole).polite).toBe('Hello.');
  expect(announcementOf(whole, whole).polite).toBe('');
});

test('a question is urgent and says the keys that answer it', () => {
  const asked = {
    ...running({}),
    asks: [{ request: 1, toolUseId: 'b', name: 'Bash', input: { command: 'ls' }, reason: '' }],
  };
  expect(announcementOf(running({}), asked).urgent).toBe('Permission needed: Bash ls. Alt Y allows, Alt N denies.');
});

test('the end of a turn is told; a conversation that is being loaded is not', () => {
  const ended = { ...running({ end: { kind: 'stopped', details: '', durationMs: 1 } }), running: false };
  expect(announcementOf(running({}), ended).polite).toBe('Stopped.');
  expect(announcementOf(EMPTY_VIEW, ended)).toEqual({ polite: '', urgent: '' });
});
