import { DEFAULT_ENGINE, folderFlaw, HAS_PROCESSES } from '#surroundings';
import { ConfigurationError } from '../errors.ts';
import { nearestName } from '../helpers/nearest-name.ts';
import { modelInfo } from '../messages-api/models.ts';
import { CLI_LACKS, CLI_OPTION_CHECKS, WIDER_IN_CLI } from './cli-options.ts';
import { OPTION_CHECKS } from './option-checks.ts';
import type { Options } from './options.ts';
import type { PermissionModeInput } from './permissions.ts';
import { REMOTE_OPTION_NAMES, REMOTE_REFUSALS } from './remote-options.ts';
import { modelOf, smallModelOf, workingDirectoryOf } from './resolve-options.ts';

/** The names of the options that the api engine honours. */
export const OPTION_NAMES: ReadonlySet<string> = new Set(Object.keys(OPTION_CHECKS));

const CHECKS = {
  api: new Map(Object.entries(OPTION_CHECKS)),
  cli: new Map(Object.entries({ ...OPTION_CHECKS, ...CLI_OPTION_CHECKS, ...WIDER_IN_CLI })),
  remote: new Map(Object.entries(OPTION_CHECKS).filter(([name]) => REMOTE_OPTION_NAMES.has(name))),
};
for (const name of CLI_LACKS) CHECKS.cli.delete(name);
CHECKS.api.delete('server');

/** What runs a conversation. */
type EngineKind = keyof typeof CHECKS;
const engineOf = ({ engine }: Pick<Options, 'engine'>): EngineKind => engine ?? DEFAULT_ENGINE;

/** The names of the options that the cli engine honours. */
export const CLI_OPTION_NAMES: ReadonlySet<string> = new Set(CHECKS.cli.keys());

/**
 * Checks the options before anything starts: names, types, combinations, the working directory, and that a budget can be kept.
 * Options that are `undefined` count as absent. By hand, because loading zod would delay the first answer by 40 ms.
 * @throws ConfigurationError which names the option and the way out.
 */
export function validateOptions(options: Options): void {
  if (typeof options !== 'object' || options === null) throw new ConfigurationError('Options must be an object');
  const engine = engineOf(options);
  if (!Object.hasOwn(CHECKS, engine)) throw new ConfigurationError('Option `engine` must be one of api, cli, remote');
  if (!HAS_PROCESSES) checkForBrowser(engine, options);
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) checkOption(name, value, engine);
  }
  checkSessionChoice(options);
  if (options.permissionMode !== undefined) validatePermissionMode(options.permissionMode, options);
  if (options.client !== undefined && options.send !== undefined) {
    throw new ConfigurationError('Options `client` and `send` both replace the network; give one of them');
  }
  if (engine === 'remote') return checkRemote(options);
  checkWorkingDirectory(options);
  validateModel(modelOf(options), options);
  if (options.smallModel !== undefined) validateModel(smallModelOf(options), options);
}

function checkForBrowser(engine: EngineKind, { verbose }: Options): void {
  if (engine !== 'remote') {
    throw new ConfigurationError(
      `The ${engine} engine needs Node; in a browser a Colloquy server runs the conversation: give \`server: { url }\``,
    );
  }
  if (verbose === true)
    throw new ConfigurationError('Option `verbose` needs an error output to write to; leave it out');
}

/** Folders, models and prices are the server's to know. */
function checkRemote({ server }: Options): void {
  if (server === undefined) {
    throw new ConfigurationError('The remote engine needs the option `server`: { url, key? } of a Colloquy server');
  }
}

function checkOption(name: string, value: unknown, engine: EngineKind): void {
  const check = CHECKS[engine].get(name);
  if (check === undefined) throw unknownOption(name, engine);
  const wanted = check(value);
  if (wanted !== undefined) throw new ConfigurationError(`Option \`${name}\` must be ${wanted}`);
}

function unknownOption(name: string, engine: EngineKind): ConfigurationError {
  const refusal = engine === 'remote' ? REMOTE_REFUSALS.get(name) : undefined;
  if (refusal !== undefined) {
    return new ConfigurationError(`The remote engine does not support the option \`${name}\`: ${refusal}`);
  }
  const other = (['cli', 'remote', 'api'] as const).find((kind) => kind !== engine && CHECKS[kind].has(name));
  if (other !== undefined) {
    const instead = other === 'api' ? '' : `, or choose \`engine: '${other}'\``;
    return new ConfigurationError(
      `The ${engine} engine does not support the option \`${name}\`; leave it out${instead}`,
    );
  }
  const meant = nearestName(name, CHECKS[engine].keys());
  return new ConfigurationError(
    `There is no option \`${name}\`${meant === undefined ? '' : `; did you mean \`${meant}\`?`}`,
  );
}

function checkSessionChoice({ sessionId, resume, continue: newest, forkSession }: Options): void {
  if (resume !== undefined && newest === true) {
    throw new ConfigurationError(
      'Options `resume` and `continue` both choose a session to go on with; give one of them',
    );
  }
  if (sessionId !== undefined && (resume !== undefined || newest === true) && forkSession !== true) {
    throw new ConfigurationError(
      'Option `sessionId` is the id of a new session, which `resume` and `continue` do not make; leave it out, or add `forkSession: true`',
    );
  }
}

const MODES: Record<Exclude<PermissionModeInput, 'auto'>, true> = {
  default: true,
  acceptEdits: true,
  plan: true,
  bypassPermissions: true,
  dontAsk: true,
  askForEdits: true,
  readOnly: true,
  strict: true,
};

/**
 * Checks a permission mode, as an option or as set while the session runs.
 * @throws ConfigurationError for a name that is no mode, for `auto`, and for `bypassPermissions` without leave.
 */
export function validatePermissionMode(mode: string, options: Pick<Options, 'allowDangerouslySkipPermissions'>): void {
  if (mode === 'auto') {
    throw new ConfigurationError(
      'Permission mode `auto` lets a model judge tool calls, which is no guard to rely on; use `acceptEdits` with allow rules, or `canUseTool`',
    );
  }
  if (!Object.hasOwn(MODES, mode)) {
    const meant = nearestName(mode, Object.keys(MODES));
    const hint = meant === undefined ? `there are ${Object.keys(MODES).join(', ')}` : `did you mean \`${meant}\`?`;
    throw new ConfigurationError(`There is no permission mode \`${mode}\`; ${hint}`);
  }
  if (mode === 'bypassPermissions' && options.allowDangerouslySkipPermissions !== true) {
    throw new ConfigurationError(
      'Permission mode `bypassPermissions` needs the option `allowDangerouslySkipPermissions: true`',
    );
  }
}

function checkWorkingDirectory(options: Options): void {
  if (options.cwd === undefined) return;
  const cwd = workingDirectoryOf(options);
  const flaw = folderFlaw(cwd);
  if (flaw !== undefined) throw new ConfigurationError(`Option \`cwd\` names ${cwd}, which ${flaw}`);
}

/**
 * Checks a model, as an option or as set while the session runs.
 * @throws ConfigurationError when it has no name, or when there is a budget and its price is not known.
 */
export function validateModel(model: string, options: Pick<Options, 'maxBudgetUsd' | 'engine'>): void {
  if (model === '') throw new ConfigurationError('A model must be named; leave it out for the first one');
  // Claude Code and servers know the prices of their models themselves.
  if (engineOf(options) !== 'api') return;
  if (options.maxBudgetUsd === undefined || modelInfo(model).price !== undefined) return;
  throw new ConfigurationError(
    `Option \`maxBudgetUsd\` cannot be kept with model ${model}, whose price is not known; leave it out, or choose another model`,
  );
}
