import { type Options, type PermissionMode, query, type SDKUserMessage } from 'agent-sdk';

/** What may be done, and who answers, change in the middle of a session. */
export async function run(options: Options): Promise<unknown> {
  const turns: { model: string; mode: PermissionMode; denials: number }[] = [];
  let next = Promise.withResolvers<void>();
  async function* prompts(): AsyncGenerator<SDKUserMessage> {
    for (const text of ['Write a.txt', 'Write b.txt']) {
      yield { type: 'user', message: { role: 'user', content: text }, parent_tool_use_id: null };
      await next.promise;
      next = Promise.withResolvers();
    }
  }
  const work = query({ prompt: prompts(), options: { ...options, model: 'claude-opus-5-5', tools: ['Write'] } });
  let model = '';
  let mode: PermissionMode = 'default';
  for await (const message of work) {
    if (message.type === 'system' && message.subtype === 'init') ({ model, permissionMode: mode } = message);
    if (message.type !== 'result') continue;
    turns.push({ model, mode, denials: message.permission_denials.length });
    if (turns.length === 1) {
      await work.setPermissionMode('acceptEdits');
      await work.setModel('claude-haiku-5-5');
    }
    next.resolve();
  }
  return turns;
}
