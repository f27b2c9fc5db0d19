import { dirname } from 'node:path/posix';
import type { Options } from 'colloquy';
import type { HostedOptions } from 'colloquy/internal';
import { toToolPolicies } from '../../../resources/agents/resolve-agent.ts';
import { environmentSandbox } from '../../../resources/environments/environment-config.ts';
import { configOfEnvironment } from '../../../resources/environments/environments.ts';
import { OUTPUTS, UPLOADS } from '../../../resources/files/session-folders.ts';
import type { Budget, ManagedData } from '../../../resources/managed-session.ts';
import type { SessionFolders } from '../../../resources/own-folders.ts';
import type { StoredSession } from '../../../resources/sessions.ts';
import type { Tables } from '../../../store/tables.ts';
import type { SessionEvents } from '../events/session-events.ts';
import { runningUsd } from '../events/session-usage.ts';

const CENTS_PER_USD = 100;

/** The API's paths are the same in every session; here they are folders of the session's own. It changes with nothing, for the cache. */
const FOLDERS = `Paths below ${dirname(UPLOADS)} are kept inside of your working directory: ${UPLOADS} is ${relative(UPLOADS)} there. Files that you are given are in ${relative(UPLOADS)}. What you write to ${relative(OUTPUTS)} is handed to the person.`;

/** What the engine is told of a session: its agent, its folder, and what its environment lets it reach. */
export async function managedOptions(
  session: StoredSession,
  { agent, environmentId, isSelfHosted, budget }: ManagedData,
  o: { tables: Tables; events: SessionEvents; folders: SessionFolders; defaults: Options },
): Promise<HostedOptions> {
  const config = await configOfEnvironment(o.tables, environmentId);
  return {
    model: agent.model.id,
    ...(agent.model.effort === undefined ? {} : { effort: agent.model.effort.type }),
    systemPrompt: [agent.system ?? '', ...(isSelfHosted || !hasTools(agent) ? [] : [FOLDERS])],
    // What lies in the folder is a client's, or the model's own: it sets nothing.
    settingSources: [],
    toolset: 'agent_toolset_20260401',
    ...toToolPolicies(agent),
    ...(isSelfHosted ? { runsElsewhere: true } : {}),
    sandbox: environmentSandbox(config, o.defaults.sandbox),
    cwd: await o.folders.make(session.row.id),
    ...(budget === null ? {} : { maxBudgetUsd: budgetUsd(budget, (await o.events.stateOf(session)).activeMs) }),
  };
}

/** A tool of its set that works on files. */
function hasTools(agent: ManagedData['agent']): boolean {
  return Object.values(toToolPolicies(agent).toolPolicies ?? {}).some(({ enabled }) => enabled);
}

function relative(path: string): string {
  return path.slice(1);
}

/** What a budget leaves for the model, in US dollars: the time in which the session was at work is paid from it too. */
export function budgetUsd({ max_list_cost }: Budget, activeMs: number): number {
  return Math.max(Number(max_list_cost.amount) / CENTS_PER_USD - runningUsd(activeMs), Number.MIN_VALUE);
}
