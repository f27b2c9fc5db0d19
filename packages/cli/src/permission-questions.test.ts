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
  return { signal: new AbortController().signal, toolUseID: 'toolu_1', requestId: 'request_1', suggestions };
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

test('a rule that is kept in a file is said to last in the folder', async () => {
  const { ask, questions } = person('a');
  const kept: PermissionUpdate = { ...suggestion, destination: 'localSettings' };
  await askForPermission(ask)('Bash', { command: 'npm test' }, context([kept]));
  expect(questions[0]).toContain('[a]lways in this folder (Bash(npm test))');
});

const QUESTIONS = [
  {
    question: 'Which colour?',
    header: 'Colour',
    options: [
      { label: 'Red', description: 'Like fire' },
      { label: 'Blue', description: '' },
    ],
  },
  { question: 'Which days?', header: 'Days', options: [{ label: 'Mon' }, { label: 'Tue' }], multiSelect: true },
  { question: 'Why?', header: 'Why', options: [{ label: 'So' }, { label: 'Or so' }] },
];

test('questions of the model are asked one by one, and answered by number or in words', async () => {
  const { ask, questions } = person('2', '1, 2', 'because');
  const decision = await askForPermission(ask)('AskUserQuestion', { questions: QUESTIONS }, context());
  expect(decision).toEqual({
    behavior: 'allow',
    updatedInput: {
      questions: QUESTIONS,
      answers: { 'Which colour?': 'Blue', 'Which days?': 'Mon, Tue', 'Why?': 'because' },
    },
  });
  expect(questions[0]).toBe('\n? Which colour?\n    1) Red  Like fire\n    2) Blue\n  A number, or your own answer: ');
});

test('a question may be passed over; a number that is no option is an answer in words', async () => {
  const decision = await askForPermission(person('', '7', '3').ask)(
    'AskUserQuestion',
    { questions: QUESTIONS },
    context(),
  );
  expect(decision).toMatchObject({ updatedInput: { answers: { 'Which days?': '7', 'Why?': '3' } } });
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
