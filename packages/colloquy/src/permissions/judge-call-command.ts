import type { PermissionCall, PermissionWorld } from './call.ts';
import { judgeFileRules } from './judge-file-rules.ts';
import { absolutePath } from './paths.ts';
import { resolvePaths } from './resolve-paths.ts';
import { isPathRule, judgePath, loadPathRules, pathPlaces } from './rule-reach.ts';
import { isAboutTool } from './rules.ts';
import type { CommandAnalysis } from './shell/command-part.ts';
import type { CommandJudgement } from './shell/judge-command.ts';
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
  const files = await loadPathRules(forFiles, pathPlaces(state, world));
  const analysis = known ?? (await analyseCommand(command));
  const judgement = await judgeCommand(analysis, own.map(toCommandRule), {
    sandbox: world.sandbox,
    acceptsEdits: state.mode === 'acceptEdits',
    place: async (path, access) => {
      const absolute = absolutePath(folder, path);
      const places = await resolvePaths({ ...call, target: { paths: [{ path: absolute, access }] } }, state, world);
      if (places.protected !== undefined || (access === 'write' && places.isRoot)) return 'protected';
      return places.inside ? 'inside' : 'outside';
    },
    mayWrite: async (path) => {
      const judged = await judgePath(path, folder, world);
      return forFiles.find(
        (rule) => rule.behavior === 'allow' && accessOf(rule) === 'write' && files.get(rule)?.reach(judged) === 'yes',
      )?.text;
    },
  });
  const byFiles = await judgeFileRules(analysis, {
    rules: forFiles.flatMap((rule) => {
      const [paths, access] = [files.get(rule), accessOf(rule)];
      return paths === undefined || access === undefined || rule.behavior === 'allow' ? [] : [{ rule, paths, access }];
    }),
    judge: (path) => judgePath(path, folder, world),
  });
  return {
    ...judgement,
    analysis,
    deny: judgement.deny ?? byFiles.deny,
    ask: judgement.ask ?? byFiles.ask,
  };
}

function accessOf({ tool }: PlacedRule): 'read' | 'write' | undefined {
  if (READ_RULES.has(tool)) return 'read';
  return WRITE_RULES.has(tool) ? 'write' : undefined;
}

const toCommandRule = (rule: PlacedRule) => ({
  behavior: rule.behavior,
  specifier: rule.specifier,
  text: rule.text,
  told: tellRule(rule),
});
