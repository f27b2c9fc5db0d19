import { describeTool } from '../tools/describe-tool.ts';
import { isLive } from '../session/edit-view.ts';
import type { SessionView, TurnEnd } from '../session/view-model.ts';

/**
 * What a screen reader should say about a change: text once its block is whole, not token by token; questions; how a turn ended.
 * A conversation that is only being loaded says nothing.
 */
export function announcementOf(before: SessionView, after: SessionView): { polite: string; urgent: string } {
  const asked = after.asks.filter((ask) => !before.asks.some((known) => known.request === ask.request));
  const urgent = asked
    .map((ask) => `Permission needed: ${sentence(ask.name, ask.input)}. Alt Y allows, Alt N denies.`)
    .join(' ');
  if (!before.running) return { polite: after.running && before.turns.length > 0 ? 'Working.' : '', urgent };
  return { polite: [...finishedTexts(before, after), ...endings(before, after)].join('\n'), urgent };
}

function sentence(name: string, input: Readonly<Record<string, unknown>>): string {
  const { title, summary } = describeTool(name, input);
  return `${title} ${summary}`.trim();
}

function finishedTexts(before: SessionView, after: SessionView): string[] {
  const known = new Set(
    before.turns
      .at(-1)
      ?.blocks.filter((block) => !isLive(block))
      .map((block) => block.key),
  );
  const turn = after.turns.find((each) => each.key === before.turns.at(-1)?.key);
  return (turn?.blocks ?? []).flatMap((block) => {
    const isNew = !isLive(block) && !known.has(block.key);
    return isNew && (block.kind === 'text' || block.kind === 'error') ? [block.text] : [];
  });
}

function endings(before: SessionView, after: SessionView): string[] {
  const running = before.turns.at(-1);
  const end = after.turns.find((turn) => turn.key === running?.key)?.end;
  return running?.end === undefined && end !== undefined ? [ENDINGS[end.kind]] : [];
}

const ENDINGS: Readonly<Record<TurnEnd['kind'], string>> = {
  completed: 'Done.',
  stopped: 'Stopped.',
  max_turns: 'Stopped: too many steps.',
  budget: 'Stopped: the budget is used up.',
  failed: 'The turn failed.',
  lost: 'The turn was interrupted.',
};
