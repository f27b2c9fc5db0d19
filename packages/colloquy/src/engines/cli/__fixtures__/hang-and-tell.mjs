// Opens a session whose turn never ends, tells the process id of Claude Code, and waits.
import { createCliEngine } from '../cli-engine.ts';

const session = await createCliEngine().open(JSON.parse(process.argv[2]));
const reader = session.messages()[Symbol.asyncIterator]();
const prompt = (content) => ({ type: 'user', message: { role: 'user', content }, parent_tool_use_id: null });
await session.send(prompt('pid'));
for (let next = await reader.next(); ; next = await reader.next()) {
  if (next.value.type !== 'result') continue;
  await session.send(prompt('hang'));
  process.stdout.write(next.value.result);
  break;
}
setInterval(() => {}, 1000);
