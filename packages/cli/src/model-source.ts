import type { Options } from 'colloquy';
import { endpointFromEnv } from 'colloquy/internal';
import { UsageError } from './describe-error.ts';

/** The name of the variable that holds the credential in use. Its value is nobody's business here. */
export function credentialName(env: NodeJS.ProcessEnv): 'ANTHROPIC_API_KEY' | 'ANTHROPIC_AUTH_TOKEN' | undefined {
  const { credential } = endpointFromEnv(env);
  if (credential === undefined) return undefined;
  return credential.kind === 'apiKey' ? 'ANTHROPIC_API_KEY' : 'ANTHROPIC_AUTH_TOKEN';
}

/** Is there something to talk to: a credential, or an endpoint that may do without one? */
export function hasModel(env: NodeJS.ProcessEnv): boolean {
  return credentialName(env) !== undefined || (env['ANTHROPIC_BASE_URL'] ?? '').trim() !== '';
}

/** What the options need so that a model answers: nothing with a credential, the emulator with `--offline`. @throws UsageError */
export async function modelSource(flags: { offline?: true }): Promise<Pick<Options, 'send'>> {
  if (flags.offline) return { send: await emulatedSend(0) };
  if (hasModel(process.env)) return {};
  throw new UsageError(
    'No credential was found. Set ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN, or try it without a network: --offline',
  );
}

/** A simulated assistant in this process, in place of the network. `gapMs`: the pace of its answers. */
export async function emulatedSend(gapMs: number): Promise<NonNullable<Options['send']>> {
  const { createEmulator } = await import('@colloquy/emulator');
  return createEmulator({ gapMs }).send;
}
