import { refuse } from '../refusals/refusal.ts';
import { emit, html, emptyBody, text, thinking, toolUse } from './builders.ts';
import { madeUpPage, madeUpSearch } from './made-up-web.ts';
import type { MessageReply, RawReply, StreamFault } from './reply.ts';

/** One line of a prompt that tells the emulator what to do. */
export type Directive =
  | { type: 'part'; reply: MessageReply }
  | { type: 'tool'; reply: MessageReply }
  | { type: 'calls'; count: number; reply: MessageReply }
  | { type: 'stop'; by: 'refuse' | 'max_tokens' | 'context_window' | 'pause' }
  | { type: 'trouble'; trouble: Trouble };

/** What spoils the next `times` answers. */
export type Trouble = { times: number } & (
  | { type: 'status'; code: number; retryAfterSeconds: number | undefined }
  | { type: 'raw'; reply: RawReply }
  | { type: 'fault'; fault: StreamFault }
);

type Settings = { words: string[]; flags: Map<string, string>; rest: string; line: string };
type Parser = (settings: Settings) => Directive;

const MAX_DELTAS = 1_000_000;
const MAX_CALLS = 10_000;

const PARSERS: Record<string, Parser> = {
  say: ({ rest, line }) => ({ type: 'part', reply: text(rest === '' ? wrong(line, '@say TEXT') : rest) }),
  think: ({ rest, line }) => ({
    type: 'part',
    reply: thinking(rest === '' ? wrong(line, '@think TEXT') : rest, NOTHING),
  }),
  emit: (settings) => {
    const gap = settings.flags.get('gap');
    const reply = emit(count(settings, '@emit N [gap=MS]', MAX_DELTAS), {
      gapMs: gap === undefined ? undefined : number(gap, settings, '@emit N [gap=MS]'),
    });
    return { type: 'part', reply };
  },
  tool: ({ rest, line }) => ({ type: 'tool', reply: call(rest, line, '@tool NAME {json}') }),
  calls: (settings) => {
    const usage = '@calls K NAME {json}';
    return {
      type: 'calls',
      count: count(settings, usage, MAX_CALLS),
      reply: call(settings.rest.replace(/^\S+\s*/, ''), settings.line, usage),
    };
  },
  search: ({ rest, line }) => ({
    type: 'part',
    reply: madeUpSearch(rest === '' ? wrong(line, '@search QUERY') : rest),
  }),
  fetch: ({ rest, line }) => ({ type: 'part', reply: madeUpPage(rest === '' ? wrong(line, '@fetch URL') : rest) }),
  refuse: () => ({ type: 'stop', by: 'refuse' }),
  max_tokens: () => ({ type: 'stop', by: 'max_tokens' }),
  context_window: () => ({ type: 'stop', by: 'context_window' }),
  pause: () => ({ type: 'stop', by: 'pause' }),
  status: (settings) => {
    const usage = '@status CODE [times=N] [retry-after=S]';
    const after = settings.flags.get('retry-after');
    const code = count(settings, usage, 599);
    if (code < 400) wrong(settings.line, usage);
    return trouble(settings, usage, {
      type: 'status',
      code,
      retryAfterSeconds: after === undefined ? undefined : number(after, settings, usage),
    });
  },
  cut: (settings) => {
    const usage = '@cut after=N [times=N] [inside-character]';
    const insideCharacter = settings.words.includes('inside-character');
    return fault(settings, usage, { type: 'cut', afterEvents: after(settings, usage), insideCharacter });
  },
  'cut-utf8': (settings) => fault(settings, '@cut-utf8', { type: 'split_characters' }),
  'end-early': (settings) =>
    fault(settings, '@end-early after=N [times=N]', {
      type: 'end',
      afterEvents: after(settings, '@end-early after=N [times=N]'),
    }),
  stall: (settings) =>
    fault(settings, '@stall [after=N] [times=N]', {
      type: 'stall',
      afterEvents: number(settings.flags.get('after') ?? '0', settings, '@stall [after=N]'),
    }),
  'error-event': (settings) => {
    const usage = '@error-event after=N [type=overloaded_error] [times=N]';
    const error = {
      type: settings.flags.get('type') ?? 'overloaded_error',
      message: 'The emulator was told to break off here',
    };
    return fault(settings, usage, { type: 'error_event', afterEvents: after(settings, usage), error });
  },
  html: (settings) => trouble(settings, '@html [times=N]', { type: 'raw', reply: html() }),
  'empty-body': (settings) => trouble(settings, '@empty-body [times=N]', { type: 'raw', reply: emptyBody() }),
};

const NOTHING: MessageReply = { type: 'message', blocks: [] };

/**
 * The directives of a prompt, one a line: a line that begins with `@` and a name known here.
 * Other lines are prose. @throws Refusal (400) for a known name that is not followed by what it needs.
 */
export function parseDirectives(prompt: string): Directive[] {
  return prompt.split('\n').flatMap((line) => {
    const [, name = '', rest = ''] = /^@([a-z_-]+[0-9]?)(?:\s+(.*))?$/.exec(line.trim()) ?? [];
    const parser = Object.hasOwn(PARSERS, name) ? PARSERS[name] : undefined;
    return parser ? [parser(settingsOf(rest, line.trim()))] : [];
  });
}

function settingsOf(rest: string, line: string): Settings {
  const words = rest.split(/\s+/).filter((word) => word !== '');
  const flags = new Map(
    words
      .filter((word) => /^[a-z-]+=\S+$/.test(word))
      .map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  );
  return { words, flags, rest, line };
}

function fault(settings: Settings, usage: string, what: StreamFault): Directive {
  return trouble(settings, usage, { type: 'fault', fault: what });
}

type WithoutTimes<T> = T extends unknown ? Omit<T, 'times'> : never;

function trouble(settings: Settings, usage: string, what: WithoutTimes<Trouble>): Directive {
  return { type: 'trouble', trouble: { ...what, times: number(settings.flags.get('times') ?? '1', settings, usage) } };
}

function call(said: string, line: string, usage: string): MessageReply {
  const [, name, json = '{}'] = /^(\S+)(?:\s+(.+))?$/.exec(said) ?? [];
  if (name === undefined) wrong(line, usage);
  try {
    JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) wrong(line, usage);
    throw error;
  }
  return toolUse(name, json);
}

function count(settings: Settings, usage: string, max: number): number {
  const value = number(settings.words[0] ?? '', settings, usage);
  return value <= max ? value : refuse(`emulator: \`${settings.line}\` is more than ${max}`);
}

function after(settings: Settings, usage: string): number {
  return number(settings.flags.get('after') ?? '', settings, usage);
}

function number(word: string, { line }: Settings, usage: string): number {
  return /^\d+$/.test(word) ? Number(word) : wrong(line, usage);
}

function wrong(line: string, usage: string): never {
  refuse(`emulator: cannot read the directive \`${line}\`; it is written \`${usage}\``);
}
