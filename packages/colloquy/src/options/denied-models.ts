/** `denied`: for each model, in order, whether an entry blocks it. `warnings`: entries and models that say nothing. */
export type DeniedModelsMatch = { denied: boolean[]; warnings: string[] };

const FAMILY = /^[a-z]+$/;

/**
 * Which models a list of denied ones blocks, such as `effective.deniedModels` of `resolveSettings()`. Names are compared without regard to
 * case, to what a cloud puts around them and to `[1m]`; a family such as `opus` blocks all its models. It is no guard: Claude Code also
 * knows what other names stand for. Never rejects.
 */
export async function matchDeniedModels(
  models: readonly string[],
  deniedModels: readonly string[] | undefined,
): Promise<DeniedModelsMatch> {
  const warnings: string[] = [];
  const entries = usable(deniedModels, warnings);
  if (!Array.isArray(models)) {
    return { denied: [], warnings: [...warnings, '`models` is no list of names: nothing was compared.'] };
  }
  const denied = models.map((model: unknown) => {
    if (typeof model === 'string') return entries.some((entry) => blocks(entry, plain(model)));
    warnings.push(`\`models\` holds a ${typeof model}, which is no name of a model.`);
    return false;
  });
  return { denied, warnings };
}

function usable(list: unknown, warnings: string[]): string[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) {
    warnings.push('`deniedModels` is no list of names: it blocks nothing.');
    return [];
  }
  return list.flatMap((entry: unknown) => {
    const problem = flawOf(entry);
    if (problem !== undefined) warnings.push(problem);
    return typeof entry === 'string' && entry.trim() !== '' ? [plain(entry)] : [];
  });
}

function flawOf(entry: unknown): string | undefined {
  if (typeof entry !== 'string')
    return `\`deniedModels\` holds a ${typeof entry}, which is no name: it blocks nothing.`;
  if (entry.trim() === '') return 'An empty entry of `deniedModels` blocks nothing.';
  return entry.includes('*')
    ? `"${entry}" blocks only a model of exactly this name: there are no patterns.`
    : undefined;
}

const blocks = (entry: string, model: string): boolean =>
  entry === model || (FAMILY.test(entry) && model.startsWith('claude-') && model.split('-').includes(entry));

/** A name as the Messages API has it. */
const plain = (model: string): string =>
  model
    .trim()
    .toLowerCase()
    .replace(/\[1m\]$/, '')
    .replace(/^(?:[a-z]+\.)?anthropic\./, '')
    .replace(/-v\d+:\d+$/, '');
