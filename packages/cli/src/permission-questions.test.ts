import { expect, test } from 'vitest';
import type { PermissionUpdate } from 'colloquy';
import { askForPermission, type AskPerson } from './permission-questions.ts';

const suggestion: PermissionUpdate = {
  type: 'addRules',
  rules: [{ toolName: 'Bash', ruleContent: 'npm test' }],
  behavior: 'allow',
  destination: 'session',
};

function person(...answers: (string | undefined)[]): { ask: AskPerson; questions: string[] } {
  const questions: string[] = [];
  return {
    questions,
    ask: (question) => {
      questions.push(question);
      return Promise.resolve(answers.shift());
    },
  };
}

function context(suggestions: PermissionUpdate[] = []) {
  return { signal: new AbortController().signal, toolUseID: 'toolu_1', suggestions };
}

test('the question shows the whole call, and yes allows it once', async () => {
  const { ask, questions } = person('Y');
  const decision = await askForPermission(ask)('Bash', { command: 'rm a\nrm \u001b[8mb', timeout: 5 }, context());
  expect(decision).toEqual({ behavior: 'allow' });
  expect(questions).toEqual(['\n? Allow Bash?\n    command: rm a\n      rm ␛[8mb\n    timeout: 5\n  [y]es, [n]o: ']);
});

test('always takes the suggested rule, and is offered only where there is one', async () => {
  const { ask, questions } = person('a');
  expect(await askForPermission(ask)('Bash', { command: 'npm test' }, context([suggestion]))).toEqual({
    behavior: 'allow',
    updatedPermissions: [suggestion],
  });
  expect(questions[0]).toContain('[a]lways in this session (Bash(npm test))');
  expect(await askForPermission(person('a', 'a', 'a').ask)('Bash', {}, context())).toMatchObject({ behavior: 'deny' });
});

test.each([['n'], ['', 'what', 'ok'], [undefined]])('what is not a yes is a no: %s', async (...answers) => {
  expect(await askForPermission(person(...answers).ask)('Bash', {}, context())).toMatchObject({ behavior: 'deny' });
});

test('questions come one at a time, and one that fails does not hold up the next', async () => {
  const open: { question: string; answer: (text: string) => void; fail: (error: Error) => void }[] = [];
  const ask: AskPerson = (question) =>
    new Promise((answer, fail) => {
      open.push({ question, answer, fail });
    });
  const canUseTool = askForPermission(ask);
  const first = canUseTool('Bash', { command: 'one' }, context());
  const second = canUseTool('Bash', { command: 'two' }, context());
  await expect.poll(() => open.length).toBe(1);
  open[0]?.fail(new Error('terminal gone'));
  await expect(first).rejects.toThrow('terminal gone');
  await expect.poll(() => open.length).toBe(2);
  open[1]?.answer('yes');
  expect(await second).toEqual({ behavior: 'allow' });
});
