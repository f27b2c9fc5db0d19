import { type Reply, rateLimited, status, text } from '@colloquy/emulator';
import { find, findAll, gather, pick } from '../harness/gather.ts';
import type { Program } from '../harness/program.ts';
import { story } from '../harness/tell.ts';

const BASE = { model: 'claude-opus-5-5', settingSources: [] };

/** Errors of the service that pass. */
export const retries: Program = {
  name: 'retries',
  ids: ['a.situation.http-429', 'a.situation.http-529', 'a.situation.http-500', 'a.system.api_retry'],
  async run({ sdk, scene }) {
    const play = async (failure: Reply) => {
      const at = await scene([failure, text('Fine.')]);
      const gathered = await gather(sdk, sdk.query({ prompt: 'Hello', options: at.options(BASE) }));
      const told = findAll(gathered.messages, 'system/api_retry').map((one) =>
        pick(one, ['attempt', 'error_status', 'error']),
      );
      return {
        retry: find(gathered.messages, 'system/api_retry'),
        seen: { told, story: at.normal(story(gathered)) },
        at,
      };
    };
    const [limited, overloaded, broken] = await Promise.all([
      play(rateLimited({ retryAfterSeconds: 1 })),
      play(status(529)),
      play(status(500)),
    ]);
    return {
      'a.situation.http-429': limited.seen,
      'a.situation.http-529': overloaded.seen,
      'a.situation.http-500': broken.seen,
      'a.system.api_retry': overloaded.at.normal(
        pick(overloaded.retry, [
          'type',
          'subtype',
          'attempt',
          'max_retries',
          'retry_delay_ms',
          'error_status',
          'error',
          'uuid',
          'session_id',
        ]),
      ),
    };
  },
};

/** A credential that is refused: the official CLI tries for minutes. */
export const refusedCredential: Program = {
  name: 'refused-credential',
  ids: ['a.situation.http-401'],
  waits: true,
  async run({ sdk, scene }) {
    const at = await scene(Array.from({ length: 20 }, () => status(401)));
    const gathered = await gather(sdk, sdk.query({ prompt: 'Hello', options: at.options(BASE) }));
    return { 'a.situation.http-401': { requests: at.emulator.requests.length, story: at.normal(story(gathered)) } };
  },
};
