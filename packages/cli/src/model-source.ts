import type { Options } from 'colloquy';
import { UsageError } from './describe-error.ts';

const CREDENTIALS = ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN'] as const;

/** The name of the variable that holds the credential in use. Its value is nobody's business here. */
export function credentialName(env: NodeJS.ProcessEnv): (typeof CREDENTIALS)[number] | undefined {
  return CREDENTIALS.find((name) => isSet(env[name]));
}

/** Is there something to talk to: a credential, or an endpoint that may do without one? */
export function hasModel(env: NodeJS.ProcessEnv): boolean {
  return credentialName(env) !== undefined || isSet(env['ANTHROPIC_BASE_URL']);
}

/** What the options need so that a model answers: nothing with a credential, the emulator with `--offline`. @throws UsageError */
export async function modelSource(flags: { offline?: true }): Promise<Pick<Options, 'send'>> {
  if (flags.offline) {
    const { createEmulator } = await import('@colloquy/emulator');
    return { send: createEmulator().send };
  }
  if (hasModel(process.env)) return {};
  throw new UsageError(
    'No credential was found. Set ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN, or try it without a network: --offline',
  );
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
