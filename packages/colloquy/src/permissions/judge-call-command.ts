import { resolve } from 'node:path';
import type { PermissionCall, PermissionWorld } from './call.ts';
import { type FileRule, judgeFileRules } from './judge-file-rules.ts';
import type { JudgedPath } from './match-path.ts';
import { absolutePath, isOfProcess } from './paths.ts';
import { resolvePaths } from './resolve-paths.ts';
import { isPathRule, judgePath, loadPathRules, pathPlaces } from './rule-reach.ts';
import { isAboutTool } from './rules.ts';
import type { CommandAnalysis } from './shell/command-part.ts';
import type { CommandJudgement, CommandRule, Verdict } from './shell/judge-command.ts';
import type { PermissionState, PlacedRule } from './state.ts';
import { tellRule } from './tell-rule.ts';

/** What is known of a call's command, and what rules and lists say of it. */
export type JudgedCommand = CommandJudgement & { analysis: CommandAnalysis };

/** Rules about reading count for what a command reads, those about editing for what it writes. */
const READ_RULES: ReadonlySet<string> = new Set(['Read', 'read']);
const WRITE_RULES: ReadonlySet<string> = new Set(['Edit', 'edit', 'Write', 'write']);

/**
 * What rules and lists say of the command of a call; undefined for calls without one. The parser, and what reads patterns of paths,
 * are loaded with the first command that needs them.
 */
export async function judgeCallCommand(
  call: PermissionCall,
  state: PermissionState,
  world: PermissionWorld,
  known?: CommandAnalysis,
): Promise<JudgedCommand | undefined> {
  const { command } = call.target;
  if (command === undefined) return undefined;
  const [{ analyseCommand }, { judgeCommand }] = await Promise.all([
    import('./shell/analyse-command.ts'),
    import('./shell/judge-command.ts'),
  ]);
  const folder = world.shellCwd ?? world.cwd;
  const own = state.rules.filter((rule) => isAboutTool(rule, call.tool));
  const forFiles = state.rules.filter((rule) => isPathRule(rule) && accessOf(rule) !== undefined);
  let loading: ReturnType<typeof loadPathRules> | undefined;
  const load = () => (loading ??= loadPathRules(forFiles, pathPlaces(state, world)));
  const judge = async (path: string): Promise<JudgedPath> =>
    isOfProcess(absolutePath(folder, path))
      ? { written: resolve(folder, path), real: undefined }
      : judgePath(path, folder, world);
  const analysis = known ?? (await analyseCommand(command));
  const judgement = await judgeCommand(analysis, own.map(toCommandRule), {
    sandbox: world.sandbox,
    acceptsEdits: state.mode === 'acceptEdits',
    place: async (path, access) => {
      const absolute = absolutePath(folder, path);
      if (isOfProcess(absolute)) return 'protected';
      const places = await resolvePaths({ ...call, target: { paths: [{ path: absolute, access }] } }, state, world);
      if (places.protected !== undefined || (access === 'write' && places.isRoot)) return 'protected';
      return places.inside ? 'inside' : 'outside';
    },
    mayWrite: async (path) => {
      const [files, judged] = await Promise.all([load(), judge(path)]);
      return forFiles.find(
        (rule) => rule.behavior === 'allow' && accessOf(rule) === 'write' && files.get(rule)?.reach(judged) === 'yes',
      )?.text;
    },
  });
  const byFiles = await byFileRules({ analysis, state, folder, files: { rules: refusing(forFiles), load, judge } });
  return {
    ...judgement,
    analysis,
    deny: judgement.deny ?? byFiles.deny,
    ask: judgement.ask ?? byFiles.ask,
  };
}

/** What rules about files say of the files that a command names, with `~` and `$HOME` for what they are most likely. */
async function byFileRules(o: {
  analysis: CommandAnalysis;
  state: PermissionState;
  folder: string;
  files: Parameters<typeof judgeFileRules>[1];
}): Promise<{ deny?: Verdict; ask?: Verdict }> {
  const { analysis, state, folder, files } = o;
  const certain = await judgeFileRules(analysis, files);
  if (files.rules.length === 0 || certain.deny !== undefined || !/~|HOME|PWD/.test(analysis.text)) return certain;
  const { analyseCommand } = await import('./shell/analyse-command.ts');
  const likely = await judgeFileRules(await analyseCommand(analysis.text, { home: state.home, folder }), files);
  return { ...certain, ...likely };
}

function refusing(rules: readonly PlacedRule[]): FileRule[] {
  return rules.flatMap((rule) => {
    const access = accessOf(rule);
    return access === undefined || rule.behavior === 'allow' ? [] : [{ rule, access }];
  });
}

function accessOf({ tool }: PlacedRule): 'read' | 'write' | undefined {
  if (READ_RULES.has(tool)) return 'read';
  return WRITE_RULES.has(tool) ? 'write' : undefined;
}

const commandRules = new WeakMap<PlacedRule, CommandRule>();

/** The same object for the same rule, so that its pattern is made once. */
function toCommandRule(rule: PlacedRule): CommandRule {
  const { behavior, specifier, text } = rule;
  const made = commandRules.get(rule) ?? { behavior, specifier, text, told: tellRule(rule) };
  commandRules.set(rule, made);
  return made;
}
