import { absolutePath, processEnvironment } from '#surroundings';
import { DEFAULT_MODEL, resolveModel } from '../messages-api/models.ts';
import type { Options } from './options.ts';

/** The variables that credentials, endpoint, default model and commands are taken from: `options.env`, else the process's. */
export function environmentOf(options: Options): Record<string, string | undefined> {
  return options.env ?? processEnvironment();
}

/** The absolute folder in which tools work. */
export function workingDirectoryOf(options: Options): string {
  return absolutePath(options.cwd ?? '.');
}

/** The id of the model that tools ask about what they have read: the option, else the newest haiku. */
export function smallModelOf(options: Pick<Options, 'smallModel'>): string {
  return resolveModel(options.smallModel ?? 'haiku');
}

/** The id of the model to begin with: the option, else `ANTHROPIC_MODEL`, else `claude-opus-5-5`; aliases are resolved. */
export function modelOf(options: Options): string {
  const fromEnvironment = environmentOf(options)['ANTHROPIC_MODEL'];
  return resolveModel(
    options.model ?? (fromEnvironment === undefined || fromEnvironment === '' ? DEFAULT_MODEL : fromEnvironment),
  );
}

/** The JSON Schema that the final answer must fit; `undefined` for text. */
export function outputSchemaOf({ outputFormat }: Pick<Options, 'outputFormat'>): Record<string, unknown> | undefined {
  if (outputFormat === undefined || outputFormat === 'text') return undefined;
  return outputFormat === 'json' ? { type: 'object', additionalProperties: true } : outputFormat.schema;
}
