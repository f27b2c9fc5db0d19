import { text, toolUse } from '@colloquy/emulator';
import { createSdkMcpServer, tool } from 'colloquy';
import { expect, test } from 'vitest';
import { openScene } from './scene.ts';

test('half a character is never sent: the API would refuse it with every request from then on', async () => {
  const half = '\ud83c';
  const answer = { content: [{ type: 'text' as const, text: `R${half}` }] };
  const server = createSdkMcpServer({ name: 's', tools: [tool('t', `A tool ${half}.`, {}, async () => answer)] });
  const script = [toolUse('mcp__s__t', `{"a":"${String.raw`\ud83c`}"}`), text('done'), text('next')];
  await using scene = await openScene(script, {
    systemPrompt: `Be kind ${half}.`,
    mcpServers: { s: server },
    allowedTools: ['mcp__s'],
  });
  await scene.turn(`Moon ${half}`);
  expect((await scene.turn('go on')).at(-1)).toMatchObject({ result: 'next' });
  const sent = JSON.stringify(scene.emulator.requests.map(({ body }) => body));
  expect(sent).not.toMatch(/\\ud[89a-f]/);
  expect(sent).toContain('Moon \ufffd');
});
