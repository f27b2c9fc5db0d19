import type { Options } from 'colloquy';
import { z } from 'zod';
import { HttpError } from '../../http/http-error.ts';
import type { ConfigInput } from './environment-input.ts';

/** As it is kept. Strict in what it knows, so that a rule of a newer version is never taken for none. */
const Config = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('cloud'),
    networking: z.discriminatedUnion('type', [
      z.object({ type: z.literal('unrestricted') }),
      z.object({
        type: z.literal('limited'),
        allowed_hosts: z.array(z.string()),
        allow_mcp_servers: z.literal(false),
        allow_package_managers: z.literal(false),
      }),
    ]),
  }),
  z.object({ type: z.literal('self_hosted') }),
]);
export type EnvironmentConfig = z.infer<typeof Config>;

type Networking = Extract<EnvironmentConfig, { type: 'cloud' }>['networking'];

export function readConfig(text: string): EnvironmentConfig {
  return Config.parse(JSON.parse(text));
}

/**
 * A configuration after an update, or a new one; what is absent stays as it is.
 * @param reachable hosts that the operator lets commands reach
 * @throws HttpError 400 for another type, and for a host that is not reachable
 */
export function changedConfig(
  current: EnvironmentConfig | undefined,
  input: ConfigInput | null | undefined,
  reachable: readonly string[],
): EnvironmentConfig {
  if (input === null || input === undefined) return current ?? { type: 'cloud', networking: { type: 'unrestricted' } };
  if (current !== undefined && current.type !== input.type) {
    throw new HttpError(400, `config.type: the environment is ${current.type}, which cannot change`, {
      details: { error_code: 'invalid_config_type_change' },
    });
  }
  if (input.type === 'self_hosted') return { type: 'self_hosted' };
  const before: Networking = current?.type === 'cloud' ? current.networking : { type: 'unrestricted' };
  const networking = input.networking === null || input.networking === undefined ? before : resolved(input.networking);
  if (networking.type === 'limited') checkHosts(networking.allowed_hosts, reachable);
  return { type: 'cloud', networking };
}

/**
 * The sandbox of commands in an environment. `unrestricted` leaves it as the operator has it; `limited` narrows what may be reached, and
 * where no sandbox works, no command runs then: nothing else would hold it.
 */
export function environmentSandbox(config: EnvironmentConfig, given: Options['sandbox']): Options['sandbox'] {
  if (config.type === 'self_hosted' || config.networking.type === 'unrestricted') return given;
  return {
    ...given,
    enabled: true,
    failIfUnavailable: true,
    allowUnsandboxedCommands: false,
    excludedCommands: [],
    network: { ...given?.network, allowedDomains: config.networking.allowed_hosts },
  };
}

const NO_PACKAGES = { type: 'packages', apt: [], cargo: [], gem: [], go: [], npm: [], pip: [] } as const;

/** As it is answered: every key is there. */
export function toConfigObject(config: EnvironmentConfig) {
  return config.type === 'cloud' ? { ...config, packages: NO_PACKAGES } : config;
}

function resolved(input: NonNullable<Extract<ConfigInput, { type: 'cloud' }>['networking']>): Networking {
  if (input.type === 'unrestricted') return input;
  return {
    type: 'limited',
    allowed_hosts: input.allowed_hosts ?? [],
    allow_mcp_servers: false,
    allow_package_managers: false,
  };
}

/** A user of the API opens no way that the operator has not opened: a host may lead into the network of this machine. */
function checkHosts(hosts: readonly string[], reachable: readonly string[]): void {
  const known = new Set(reachable.map((host) => host.toLowerCase()));
  const wrong = hosts.find((host) => !known.has(host.toLowerCase()));
  if (wrong === undefined) return;
  throw new HttpError(
    400,
    `config.networking.allowed_hosts: the operator of this server does not let commands reach ${wrong}; the option sandbox.network.allowedDomains of its sessions says what they may`,
  );
}
