/** The deltas up to the first of the sequences that a text says, and which one that is. */
export function cutAtStop(
  deltas: readonly string[],
  sequences: readonly string[] | undefined,
): { deltas: readonly string[]; stopped: string | undefined } {
  if (sequences === undefined || sequences.length === 0) return { deltas, stopped: undefined };
  const said = deltas.join('');
  let at = said.length;
  let stopped: string | undefined;
  for (const sequence of sequences) {
    const found = said.indexOf(sequence);
    if (found === -1 || found >= at) continue;
    at = found;
    stopped = sequence;
  }
  return { deltas: stopped === undefined ? deltas : firstChars(deltas, at), stopped };
}

function firstChars(deltas: readonly string[], count: number): readonly string[] {
  const kept: string[] = [];
  let left = count;
  for (const delta of deltas) {
    if (left <= 0) break;
    kept.push(delta.slice(0, left));
    left -= delta.length;
  }
  return kept;
}
