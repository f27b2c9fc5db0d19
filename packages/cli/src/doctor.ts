import { Command } from 'commander';
import { dataOption, useDataFolder } from './conversation-flags.ts';
import {
  checkBrowser,
  checkCredential,
  checkEndpoint,
  checkEngine,
  checkNode,
  checkSandbox,
  checkStore,
  type Finding,
} from './doctor-checks.ts';
import { plainText } from './plain-text.ts';

const MARKS = { ok: '✓', note: '–', problem: '✗' } as const;

/** `colloquy doctor`: what is installed and whether it works together. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .summary('tell what is installed and what works')
    .description(
      'Checks Node, credential, endpoint, store and the programs that some features need. Prints no credential.\n' +
        'Exits with 1 when something would keep a conversation from working.',
    )
    .option('--json', 'as JSON')
    .addOption(dataOption())
    .action(async (flags: { json?: true; data?: string }) => {
      useDataFolder(flags);
      const findings = await diagnose(process.env);
      process.stdout.write(flags.json ? `${JSON.stringify({ findings }, null, 2)}\n` : report(findings));
      if (findings.some((finding) => finding.level === 'problem')) process.exitCode = 1;
    });
}

async function diagnose(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const [endpoint, store, sandbox] = await Promise.all([checkEndpoint(env), checkStore(env), checkSandbox(env)]);
  return [checkNode(), checkEngine(), checkCredential(env), endpoint, store, sandbox, checkBrowser(env)];
}

function report(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  return findings
    .map(({ name, level, detail }) => `${MARKS[level]} ${name.padEnd(width)}  ${plainText(detail)}\n`)
    .join('');
}
