import { rmSync, writeFileSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from '@colloquy/emulator';
import { ConfigurationError, type HookJSONOutput } from 'colloquy';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { baseOf, callOf, openHooks, ownTexts, recording, textOfRequest, warnings } from './hook-scene.ts';

/** Outside of a turn there is no prompt. */
function outside(scene: Parameters<typeof baseOf>[0]): object {
  const { prompt_id: _, ...base } = baseOf(scene);
  return base;
}

const MODEL = { model: 'claude-opus-5-5' };

describe('SessionStart', () => {
  test('is told how the session began', async () => {
    const hook = recording('SessionStart');
    await using scene = await openHooks([text('One.'), text('Two.')], { hooks: hook.hooks, ...MODEL });
    await scene.turn('Hi');
    await scene.reopen({ hooks: hook.hooks, ...MODEL });
    await scene.turn('Again');
    await scene.reopen({ hooks: hook.hooks, ...MODEL, forkSession: true });
    await scene.turn('Elsewhere');
    const common = { ...outside(scene), session_id: expect.any(String), hook_event_name: 'SessionStart', ...MODEL };
    expect(hook.inputs).toEqual([
      { ...common, source: 'startup' },
      { ...common, source: 'resume', context_tokens: expect.any(Number) },
      { ...common, source: 'fork', context_tokens: expect.any(Number), session_title: expect.any(String) },
    ]);
  });

  test('what it says is told to the model before the first prompt, and to nobody again', async () => {
    const hook = recording('SessionStart', {
      systemMessage: 'Welcome',
      hookSpecificOutput: {
        hookEventName: 'SessionStart',
        additionalContext: 'The branch is main',
        initialUserMessage: 'Be brief.',
        sessionTitle: 'Main work',
      },
    });
    const submit = recording('UserPromptSubmit');
    await using scene = await openHooks([text('One.'), text('Two.')], { hooks: { ...hook.hooks, ...submit.hooks } });
    const told: unknown[] = [];
    const reading = (async () => {
      for await (const message of scene.messages()) told.push(message);
    })();
    await scene.turn('Hi');
    expect(ownTexts(scene.emulator, 0)).toEqual(['The branch is main', 'Be brief.', 'Hi']);
    await scene.turn('And?');
    expect(ownTexts(scene.emulator, 1)).toEqual(['And?']);
    await scene.close();
    await reading;
    expect(warnings(told as never)).toEqual(['Welcome']);
    expect(told).toContainEqual(
      expect.objectContaining({
        type: 'user',
        isSynthetic: true,
        message: { role: 'user', content: [{ type: 'text', text: 'Be brief.' }] },
      }),
    );
    expect(submit.inputs).toMatchObject([{ session_title: 'Main work' }, { session_title: 'Main work' }]);
  });

  test('matchers choose among the ways to begin', async () => {
    const hook = recording('SessionStart', {}, { matcher: 'resume|fork' });
    await using scene = await openHooks([text('One.'), text('Two.')], { hooks: hook.hooks });
    await scene.turn('Hi');
    expect(hook.inputs).toEqual([]);
    await scene.reopen();
    await scene.turn('Again');
    expect(hook.inputs).toMatchObject([{ source: 'resume' }]);
  });

  test('one that hangs does not keep the session from being closed', async () => {
    const asked = Promise.withResolvers<void>();
    const hook = recording('SessionStart', () => {
      asked.resolve();
      return new Promise<HookJSONOutput>(() => {});
    });
    const scene = await openHooks([text('One.')], { hooks: hook.hooks });
    await asked.promise;
    await expect(scene[Symbol.asyncDispose]()).resolves.toBeUndefined();
  });
});

describe('SessionEnd', () => {
  test('is told once, when the session is closed', async () => {
    const hook = recording('SessionEnd', { systemMessage: 'Bye' });
    await using scene = await openHooks([text('One.')], { hooks: hook.hooks });
    await scene.turn('Hi');
    expect(hook.inputs).toEqual([]);
    await scene.close();
    await scene.close();
    expect(hook.inputs).toEqual([{ ...outside(scene), hook_event_name: 'SessionEnd', reason: 'other' }]);
    expect((await scene.log()).at(-1)).toMatchObject({ kind: 'context', content: [{ text: 'Bye' }] });
  });
});

describe('Notification', () => {
  test('is told when somebody is asked, and does not hold the question up', async () => {
    const hook = recording('Notification', () => new Promise<HookJSONOutput>(() => {}));
    await using scene = await openHooks(callOf(), {
      hooks: hook.hooks,
      canUseTool: async () => ({ behavior: 'allow' }),
    });
    await scene.turn('Go');
    expect(scene.said).toEqual(['hi']);
    expect(hook.inputs).toEqual([
      {
        ...baseOf(scene),
        hook_event_name: 'Notification',
        message: 'The agent needs leave to use mcp__e__echo.',
        notification_type: 'permission_prompt',
      },
    ]);
  });

  describe('of idleness', () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    test('is told once a minute has passed without a prompt', async () => {
      const told = Promise.withResolvers<void>();
      const hook = recording(
        'Notification',
        () => {
          told.resolve();
          return {};
        },
        { matcher: 'idle_prompt' },
      );
      await using scene = await openHooks([text('One.')], { hooks: hook.hooks });
      await scene.turn('Hi');
      await new Promise(setImmediate);
      await vi.advanceTimersByTimeAsync(59_999);
      expect(hook.inputs).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      await told.promise;
      await vi.advanceTimersByTimeAsync(600_000);
      expect(hook.inputs).toEqual([
        {
          ...outside(scene),
          hook_event_name: 'Notification',
          message: 'The agent waits for a prompt.',
          notification_type: 'idle_prompt',
        },
      ]);
      vi.useRealTimers();
    });
  });
});

describe('DirectoryAdded', () => {
  test('is told a folder that an answer has added', async () => {
    const told = Promise.withResolvers<unknown>();
    const hook = recording('DirectoryAdded', (input) => {
      told.resolve(input);
      return {};
    });
    await using scene = await openHooks(callOf(), {
      hooks: hook.hooks,
      canUseTool: async () => ({
        behavior: 'allow',
        updatedPermissions: [{ type: 'addDirectories', directories: ['/srv/data'], destination: 'session' }],
      }),
    });
    await scene.turn('Go');
    expect(await told.promise).toEqual({
      ...baseOf(scene),
      hook_event_name: 'DirectoryAdded',
      directory: '/srv/data',
      source: 'slash_command',
    });
  });
});

describe('FileChanged', () => {
  const next = () => {
    const waiting: ((input: unknown) => void)[] = [];
    const seen: unknown[] = [];
    return {
      tell(input: unknown) {
        const waiter = waiting.shift();
        if (waiter === undefined) seen.push(input);
        else waiter(input);
      },
      take: (): Promise<unknown> =>
        seen.length > 0 ? Promise.resolve(seen.shift()) : new Promise((resolve) => waiting.push(resolve)),
    };
  };

  test('is told of the files that its matcher names: made, changed, put in the place of another, removed', async () => {
    const changes = next();
    const hook = recording(
      'FileChanged',
      (input) => {
        changes.tell(input);
        return {};
      },
      { matcher: '.env|other.txt' },
    );
    await using scene = await openHooks([text('One.')], { hooks: hook.hooks });
    await scene.turn('Hi');
    const path = join(scene.cwd, '.env');
    const told = (event: string): object => ({
      ...outside(scene),
      hook_event_name: 'FileChanged',
      file_path: path,
      event,
    });
    writeFileSync(join(scene.cwd, 'unwatched'), 'x');
    writeFileSync(path, 'A=1');
    expect(await changes.take()).toEqual(told('add'));
    await writeFile(path, 'A=22');
    expect(await changes.take()).toEqual(told('change'));
    await writeFile(`${path}.new`, 'A=3');
    await rename(`${path}.new`, path);
    expect(await changes.take()).toEqual(told('change'));
    rmSync(path);
    expect(await changes.take()).toEqual(told('unlink'));
  });

  test('is told of what hooks ask to be watched, until one asks for something else', async () => {
    const changes = next();
    const start = recording('SessionStart', (input) => ({
      hookSpecificOutput: {
        hookEventName: 'SessionStart',
        watchPaths: [join(String(input['cwd']), 'a.txt'), 'not/absolute'],
      },
    }));
    const changed = recording('FileChanged', (input) => {
      changes.tell(input['file_path']);
      return {
        hookSpecificOutput: { hookEventName: 'FileChanged', watchPaths: [join(String(input['cwd']), 'b.txt')] },
      };
    });
    await using scene = await openHooks([text('One.')], { hooks: { ...start.hooks, ...changed.hooks } });
    await scene.turn('Hi');
    const [a, b] = [join(scene.cwd, 'a.txt'), join(scene.cwd, 'b.txt')];
    await writeFile(a, '1');
    expect(await changes.take()).toBe(a);
    let isTold = false;
    const told = changes.take().finally(() => (isTold = true));
    // It is watched some time after the hook has said so.
    for (let count = 0; !isTold; count++) await writeFile(b, `${count}`);
    expect(await told).toBe(b);
  });

  test('is told of what changes while a hook that was told before is still at work', async () => {
    const changes = next();
    const gate = Promise.withResolvers<object>();
    const hook = recording(
      'FileChanged',
      (input) => {
        changes.tell(input['file_path']);
        return gate.promise;
      },
      { matcher: 'a.txt|b.txt' },
    );
    await using scene = await openHooks([text('One.')], { hooks: hook.hooks });
    await scene.turn('Hi');
    const [a, b] = [join(scene.cwd, 'a.txt'), join(scene.cwd, 'b.txt')];
    writeFileSync(a, '1');
    expect(await changes.take()).toBe(a);
    writeFileSync(b, '1');
    // A change is looked at once its file has been left alone for a moment, which nothing tells.
    for (const untilMs = performance.now() + 150; performance.now() < untilMs;) await readFile(b);
    gate.resolve({});
    expect(await changes.take()).toBe(b);
  });
});

describe('PreModelSwitch and PostModelSwitch', () => {
  const FROM = { ...MODEL };

  test('are told the switch and what it would cost', async () => {
    const pre = recording('PreModelSwitch');
    const post = recording('PostModelSwitch', {
      hookSpecificOutput: { hookEventName: 'PostModelSwitch', additionalContext: 'You are another model now' },
    });
    await using scene = await openHooks([text('One.'), text('Two.')], {
      ...FROM,
      hooks: { ...pre.hooks, ...post.hooks },
    });
    await scene.turn('Hi');
    expect(await scene.control('setModel', { model: 'haiku' })).toEqual({ model: 'claude-haiku-5-5' });
    const fields = {
      ...outside(scene),
      from_model: 'claude-opus-5-5',
      to_model: 'claude-haiku-5-5',
      requested_model: 'haiku',
      source: 'sdk',
      context_tokens: expect.any(Number),
      prompt_cache_warm: true,
      cache_ttl: '5m',
      estimated_cache_write_usd: expect.any(Number),
      pricing: 'catalog',
    };
    expect(pre.inputs).toEqual([{ ...fields, hook_event_name: 'PreModelSwitch' }]);
    expect(post.inputs).toEqual([{ ...fields, hook_event_name: 'PostModelSwitch' }]);
    await scene.turn('And now?');
    expect(textOfRequest(scene.emulator, 1)).toContain('You are another model now');
    expect(scene.emulator.requests[1]?.body?.model).toBe('claude-haiku-5-5');
  });

  test.each([
    ['deny', 'Too dear'],
    ['ask', 'Too dear, and nobody can be asked here'],
  ] as const)('a %s leaves the model as it is', async (permissionDecision, why) => {
    const pre = recording('PreModelSwitch', {
      hookSpecificOutput: {
        hookEventName: 'PreModelSwitch',
        permissionDecision,
        permissionDecisionReason: 'Too dear',
      },
    });
    const post = recording('PostModelSwitch');
    await using scene = await openHooks([text('One.')], { ...FROM, hooks: { ...pre.hooks, ...post.hooks } });
    const switching = scene.control('setModel', { model: 'haiku' });
    await expect(switching).rejects.toThrow(ConfigurationError);
    await expect(switching).rejects.toThrow(`The model stays claude-opus-5-5: ${why}`);
    await scene.turn('Hi');
    expect(scene.emulator.requests[0]?.body?.model).toBe('claude-opus-5-5');
    expect(post.inputs).toEqual([]);
  });

  test('to the same model is none', async () => {
    const pre = recording('PreModelSwitch');
    await using scene = await openHooks([text('One.')], { ...FROM, hooks: pre.hooks });
    await scene.control('setModel', { model: 'opus' });
    expect(pre.inputs).toEqual([]);
  });
});
