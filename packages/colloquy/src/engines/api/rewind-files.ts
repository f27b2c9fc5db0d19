import { lstat } from 'node:fs/promises';
import { ConfigurationError } from '../../errors.ts';
import { messageOf } from '../../helpers/message-of.ts';
import type { Entry, Seq } from '../../log/entries.ts';
import type { Store } from '../../log/store.ts';
import { BackupFolder } from '../../tools/checkpoints/backup-folder.ts';
import { unlessMissing } from '../../tools/real-path.ts';
import { structuredPatch } from '../../tools/text/structured-patch.ts';
import type { Files } from '../../tools/tool.ts';
import { filesOfCall } from '../../turn/checkpoints.ts';
import { contextOf } from '../../turn/context.ts';
import { note } from '../../turn/turn-world.ts';
import type { RewindFilesResult } from '../engine.ts';
import type { ApiSession } from './api-session.ts';

const PAGE = 1_000;

/** A file that is not as it was. */
type Change = { path: string; before: Uint8Array | null; now: Uint8Array | null };

/**
 * Makes the files that tools have changed since a prompt what they were when it was taken. What they hold now is backed up first, so
 * that nothing is lost. What commands have changed is not known, and stays.
 * @throws ConfigurationError for a prompt that no turn of the session has taken
 */
export async function rewindFiles(
  session: ApiSession,
  { userMessageId, dryRun }: { userMessageId: string; dryRun?: boolean | undefined },
): Promise<RewindFilesResult> {
  const { world } = session;
  if (world.backups === undefined)
    return refused('Files are not backed up in this session; begin it with enableFileCheckpointing');
  if (session.state.turn !== undefined) return refused('A turn is running; interrupt it first');
  const backups = await backupsSince(session.store, session.id, userMessageId);
  // They were touched before, with leave; a link that stands there by now is not followed.
  let skippedLinks = 0;
  const changes: Change[] = [];
  try {
    for (const [path, { folder, before }] of backups) {
      if ((await unlessMissing(lstat(path)))?.isSymbolicLink() === true) {
        skippedLinks += 1;
        continue;
      }
      const files = world.files.withLeave([path]);
      const then = before === null ? null : await contentOf(folder, before, path);
      const now = (await files.stat(path)) === undefined ? null : await files.read(path);
      if (!isSame(then, now)) changes.push({ path, before: then, now });
    }
    if (dryRun !== true) await restore(session, changes);
  } catch (error) {
    return refused(messageOf(error));
  }
  return {
    canRewind: true,
    filesChanged: changes.map(({ path }) => path),
    ...(await countLines(changes)),
    ...(skippedLinks === 0 ? {} : { skippedLinks }),
  };
}

const refused = (error: string): RewindFilesResult => ({ canRewind: false, error });

type Backup = { folder: string; before: string | null };

/** The oldest backup of each file after a prompt was taken. */
async function backupsSince(store: Store, session: string, uuid: string): Promise<ReadonlyMap<string, Backup>> {
  const oldest = new Map<string, Backup>();
  let prompt: Seq | undefined;
  let isTaken = false;
  for (let after = 0; ;) {
    const page: readonly Entry[] = await store.read(session, { after, limit: PAGE });
    for (const entry of page) {
      if (entry.kind === 'prompt' && entry.uuid === uuid) prompt = entry.seq;
      if (entry.kind === 'prompt_taken' && entry.prompt === prompt) isTaken = true;
      if (entry.kind !== 'file_backup' || !isTaken || oldest.has(entry.path)) continue;
      oldest.set(entry.path, { folder: entry.folder, before: entry.before });
    }
    if (page.length === 0) break;
    after = page.at(-1)?.seq ?? after;
  }
  if (!isTaken) throw new ConfigurationError(`Session ${session} has no prompt ${uuid} that a turn has taken`);
  return oldest;
}

async function contentOf(folder: string, name: string, path: string): Promise<Uint8Array> {
  const content = await new BackupFolder(folder).load(name);
  if (content === undefined) throw new Error(`The backup of ${path} is gone or damaged; nothing was changed`);
  return content;
}

function isSame(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.compare(a, b) === 0;
}

async function restore({ world }: ApiSession, changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return;
  world.backups?.done.clear();
  for (const { path, before } of changes) {
    const files: Files = filesOfCall(world, '', world.files.withLeave([path]));
    await (before === null ? files.remove(path) : files.write(path, before));
  }
  world.backups?.done.clear();
  const names = changes.map(({ path }) => path).join('\n');
  await note(
    world,
    contextOf('files_rewound', `The person has set these files back to what they were before:\n${names}`),
  );
}

/** Lines that come and go; of what is no text, none. */
async function countLines(changes: readonly Change[]): Promise<{ insertions: number; deletions: number }> {
  const counts = { insertions: 0, deletions: 0 };
  for (const { before, now } of changes) {
    const [from, to] = [textOf(now), textOf(before)];
    if (from === undefined || to === undefined) continue;
    for (const { lines } of await structuredPatch(from, to)) {
      counts.insertions += lines.filter((line) => line.startsWith('+')).length;
      counts.deletions += lines.filter((line) => line.startsWith('-')).length;
    }
  }
  return counts;
}

function textOf(content: Uint8Array | null): string | undefined {
  if (content === null) return '';
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}
