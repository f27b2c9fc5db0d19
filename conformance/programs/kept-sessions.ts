import { randomUUID } from 'node:crypto';
import { text, toolUse } from '@colloquy/emulator';
import type { Options, SDKMessage } from 'colloquy';
import { findAll, gather, outcome, pick } from '../harness/gather.ts';
import type { Program } from '../harness/program.ts';
import { outcomeOf } from '../harness/tell.ts';

const BASE: Options = { model: 'claude-opus-5-5', settingSources: [] };
const UNKNOWN = '11111111-2222-4333-8444-555555555555';
const INFO = ['sessionId', 'summary', 'lastModified', 'customTitle', 'firstPrompt', 'cwd', 'tag', 'createdAt'];

/** The functions over kept sessions, and what goes on with these. */
export const keptSessions: Program = {
  name: 'kept-sessions',
  ids: [
    'h.listSessions',
    'h.listSessions.dir',
    'h.listSessions.limit',
    'h.listSessions.summary',
    'h.getSessionInfo',
    'h.getSessionInfo.unknown',
    'h.getSessionMessages',
    'h.getSessionMessages.limit',
    'h.getSessionMessages.unknown',
    'h.renameSession',
    'h.renameSession.rejects',
    'h.tagSession',
    'h.tagSession.rejects',
    'h.forkSession',
    'h.forkSession.upTo',
    'h.forkSession.title',
    'h.forkSession.rejects',
    'h.deleteSession',
    'h.deleteSession.rejects',
    'h.resume.same-id',
    'h.resume.fork',
    'h.resume.forked',
    'h.resume.deleted',
  ],
  async run({ sdk, scene }) {
    const script = [
      toolUse('Read', { file_path: 'a.txt' }),
      text('Alpha.'),
      text('Second.'),
      text('Resumed.'),
      text('Branched.'),
      text('Forked.'),
    ];
    const at = await scene(script, { sharedHome: true, files: { 'a.txt': 'alpha' } });
    const options = (more: Options = {}) => at.options({ ...BASE, ...more });
    const ask = async (prompt: string, more?: Options): Promise<SDKMessage[]> =>
      (await gather(sdk, sdk.query({ prompt, options: options(more) }))).messages;
    const [one, two] = [randomUUID(), randomUUID()];
    await ask('Read a.txt', { sessionId: one });
    await ask('Another', { sessionId: two });
    const dir = at.folder;
    const list = await sdk.listSessions({ dir });
    const ids = (infos: { sessionId: string }[]) =>
      infos.map(({ sessionId }) => (sessionId === one ? 'one' : sessionId === two ? 'two' : 'another'));
    const page = await sdk.listSessions({ dir, limit: 1, offset: 1 });
    const messages = await sdk.getSessionMessages(one);
    const rejects = (call: () => Promise<unknown>) => outcome(sdk, call);
    const observed: Record<string, unknown> = {
      'h.listSessions': at.normal(list.map((info) => pick(info, INFO))),
      'h.listSessions.dir': { here: ids(list), elsewhere: await sdk.listSessions({ dir: at.home }) },
      'h.listSessions.limit': ids(page),
      'h.listSessions.summary': list.map(({ summary }) => summary),
      'h.getSessionInfo': at.normal(pick(await sdk.getSessionInfo(one), INFO)),
      'h.getSessionInfo.unknown': {
        unknown: (await sdk.getSessionInfo(UNKNOWN)) ?? 'undefined',
        bad: (await sdk.getSessionInfo('nope')) ?? 'undefined',
      },
      'h.getSessionMessages': at.normal(
        messages.map(({ type, session_id, message, parent_tool_use_id }) => ({
          type,
          session_id,
          message: pick(message as object, ['role', 'content']),
          parent_tool_use_id,
        })),
      ),
      'h.getSessionMessages.limit': (await sdk.getSessionMessages(one, { limit: 2, offset: 1 })).map(
        ({ type }) => type,
      ),
      'h.getSessionMessages.unknown': {
        unknown: await sdk.getSessionMessages(UNKNOWN),
        bad: await sdk.getSessionMessages('nope'),
      },
    };
    await sdk.renameSession(one, '  A title ');
    observed['h.renameSession'] = pick(await sdk.getSessionInfo(one), ['summary', 'customTitle']);
    observed['h.renameSession.rejects'] = [
      await rejects(() => sdk.renameSession(one, '  ')),
      await rejects(() => sdk.renameSession(UNKNOWN, 'x')),
      await rejects(() => sdk.renameSession('nope', 'x')),
    ];
    await sdk.tagSession(one, ' mine ');
    const tagged = (await sdk.getSessionInfo(one))?.tag;
    await sdk.tagSession(one, null);
    observed['h.tagSession'] = { tagged, after: (await sdk.getSessionInfo(one))?.tag ?? 'none' };
    observed['h.tagSession.rejects'] = [
      await rejects(() => sdk.tagSession(UNKNOWN, 'x')),
      await rejects(() => sdk.tagSession(one, '  ')),
    ];
    const fork = await sdk.forkSession(one);
    const forked = await sdk.getSessionMessages(fork.sessionId);
    observed['h.forkSession'] = {
      isNew: fork.sessionId !== one,
      types: forked.map(({ type }) => type),
      newUuids: forked.every(({ uuid }) => !messages.some((before) => before.uuid === uuid)),
      info: pick(await sdk.getSessionInfo(fork.sessionId), ['summary', 'customTitle', 'firstPrompt']),
    };
    const partly = await sdk.forkSession(one, { upToMessageId: messages[2]?.uuid, title: 'Cut' });
    observed['h.forkSession.upTo'] = (await sdk.getSessionMessages(partly.sessionId)).map(({ type }) => type);
    observed['h.forkSession.title'] = pick(await sdk.getSessionInfo(partly.sessionId), ['summary', 'customTitle']);
    observed['h.forkSession.rejects'] = await rejects(() => sdk.forkSession(UNKNOWN));
    const resumed = await ask('Again', { resume: one });
    const heard = JSON.stringify(at.emulator.requests.at(-1)?.messages);
    observed['h.resume.same-id'] = {
      sameId: resumed.every(({ session_id }) => session_id === one),
      hears: heard.includes('Read a.txt'),
      result: outcomeOf(resumed.at(-1)),
    };
    const branched = await ask('Elsewhere', { resume: one, forkSession: true });
    observed['h.resume.fork'] = {
      newId: branched.every(({ session_id }) => session_id !== one),
      hears: JSON.stringify(at.emulator.requests.at(-1)?.messages).includes('Read a.txt'),
    };
    const goneOn = await ask('On', { resume: fork.sessionId });
    observed['h.resume.forked'] = {
      result: outcomeOf(goneOn.at(-1)),
      hears: JSON.stringify(at.emulator.requests.at(-1)?.messages).includes('Read a.txt'),
    };
    await sdk.deleteSession(two);
    observed['h.deleteSession'] = {
      info: (await sdk.getSessionInfo(two)) ?? 'gone',
      messages: await sdk.getSessionMessages(two),
      listed: ids(await sdk.listSessions({ dir })).includes('two'),
    };
    observed['h.deleteSession.rejects'] = await rejects(() => sdk.deleteSession(UNKNOWN));
    const deleted = await gather(sdk, sdk.query({ prompt: 'Gone?', options: options({ resume: two }) }));
    observed['h.resume.deleted'] = {
      answered: findAll(deleted.messages, 'assistant').length > 0,
      thrown: deleted.thrown,
    };
    return observed;
  },
};
