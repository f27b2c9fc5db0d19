import { type Options, query } from 'agent-sdk';

async function ask(prompt: string, options: Options): Promise<{ session: string; answer: string }> {
  let session = '';
  let answer = '';
  for await (const message of query({ prompt, options })) {
    if (message.type === 'system' && message.subtype === 'init') session = message.session_id;
    if (message.type === 'result' && message.subtype === 'success') answer = message.result;
  }
  return { session, answer };
}

/** A conversation goes on in another process; then two ways from the same point. */
export async function run(given: Options): Promise<unknown> {
  const options: Options = { ...given, tools: [] };
  const first = await ask('My name is Ada.', options);
  const again = await ask('What is my name?', { ...options, resume: first.session });
  const fork = await ask('And backwards?', { ...options, resume: first.session, forkSession: true });
  const newest = await ask('Still there?', { ...options, continue: true });
  return {
    answers: [first.answer, again.answer, fork.answer, newest.answer],
    isSame: again.session === first.session,
    isForked: fork.session !== first.session,
    wentOnWith:
      newest.session === fork.session ? 'the fork' : newest.session === first.session ? 'the first' : 'another',
  };
}
