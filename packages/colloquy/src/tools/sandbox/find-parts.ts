import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ConfigurationError } from '../../errors.ts';
import { findTrustedProgram } from './find-program.ts';

/** What the sandbox is made of. */
export type SandboxParts = {
  bwrap: string;
  /** Of the sandbox runtime: refuses Unix sockets, mounts and further namespaces to what it starts. */
  helper: string;
  /** The module of the sandbox runtime, whose proxy lets commands reach the hosts that are allowed. */
  runtime: string;
  /** Needed only where hosts are allowed. */
  socat: string | undefined;
};

export type FoundParts = { ok: true; parts: SandboxParts } | { ok: false; missing: string[] };

const RUNTIME = '@anthropic-ai/sandbox-runtime';
const HELPERS: Partial<Record<NodeJS.Architecture, string>> = { x64: 'x64', arm64: 'arm64' };

/** Looks for the parts of the sandbox, without starting anything. What is missing is told with what to do about it. */
export function findParts(env: Readonly<Record<string, string | undefined>> = process.env): FoundParts {
  if (process.platform !== 'linux')
    return { ok: false, missing: [`the sandbox is for Linux, not for ${process.platform}`] };
  const bwrap = findTrustedProgram('bwrap', env['PATH']);
  const runtime = findRuntime();
  const missing = [
    ...(bwrap === undefined ? ['bwrap is not on PATH; install the package bubblewrap'] : []),
    ...(typeof runtime === 'string' ? [runtime] : []),
  ];
  if (bwrap === undefined || typeof runtime === 'string') return { ok: false, missing };
  return { ok: true, parts: { bwrap, ...runtime, socat: findTrustedProgram('socat', env['PATH']) } };
}

/** @throws ConfigurationError when a sandbox cannot work here, because a part of it is missing */
export function requireParts(): void {
  const found = findParts();
  if (found.ok) return;
  throw new ConfigurationError(
    `Option \`sandbox\` wants commands to run in a sandbox, and none can work here: ${found.missing.join('; ')}. To go on without, set \`sandbox.failIfUnavailable: false\``,
  );
}

function findRuntime(): { runtime: string; helper: string } | string {
  const folder = HELPERS[process.arch];
  if (folder === undefined) return `${RUNTIME} is not made for ${process.arch}`;
  try {
    const root = dirname(createRequire(import.meta.url).resolve(`${RUNTIME}/package.json`));
    const helper = join(root, 'vendor', 'seccomp', folder, 'apply-seccomp');
    const runtime = join(root, 'dist', 'index.js');
    if (existsSync(helper) && existsSync(runtime)) return { runtime, helper };
    return `${RUNTIME} is installed, but lacks ${existsSync(helper) ? runtime : helper}; install version 0.0.83`;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')
      return `${RUNTIME} is not installed: npm install ${RUNTIME}`;
    throw error;
  }
}
