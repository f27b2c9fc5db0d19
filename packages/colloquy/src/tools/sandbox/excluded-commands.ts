import { analyseCommand } from '../../permissions/shell/analyse-command.ts';
import { coveredWords, parseCommandPattern } from '../../permissions/shell/match-command.ts';

/**
 * Whether a command is one of those that the setting `excludedCommands` keeps out of the sandbox: all its parts are, or only read.
 * Patterns are written like rules, `docker` meaning all calls of it.
 */
export async function isExcluded(command: string, patterns: readonly string[]): Promise<boolean> {
  if (patterns.length === 0) return false;
  const analysis = await analyseCommand(command);
  if (analysis.unknown !== undefined || analysis.tooLarge) return false;
  const parsed = patterns.map((text) => parseCommandPattern(/[:*\s]/.test(text) ? text : `${text}:*`));
  const isNamed = analysis.parts.map((part) => parsed.some((pattern) => coveredWords(pattern, part) !== undefined));
  return isNamed.includes(true) && analysis.parts.every((part, index) => isNamed[index] === true || part.readOnly);
}
