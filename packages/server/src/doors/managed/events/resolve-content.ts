import type { Json } from 'colloquy/internal';
import type { z } from 'zod';
import type { App } from '../../../app-env.ts';
import type { Principal } from '../../../auth/principal.ts';
import { HttpError } from '../../../http/http-error.ts';
import { type FileRow, getFile } from '../../../resources/files/files.ts';
import type { MessageContent, ResultContent } from '../content.ts';

/** Of the files that become part of the messages of one request: about what its body could hold. */
const MAX_FILE_BYTES = 24 * 1024 * 1024;
const IMAGES: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);

/** What is left of it. A request names a file with a few bytes, as often as it likes. */
export type FileRoom = { bytes: number };

export const newFileRoom = (): FileRoom => ({ bytes: MAX_FILE_BYTES });

type Block = z.infer<typeof MessageContent>[number] | z.infer<typeof ResultContent>[number];

/**
 * The blocks as the model is sent them: what names a file of this server holds its content from now on, and what is null is left out.
 * @param o.room the same for everything that a request says
 * @throws HttpError 404 for a file that the principal does not see, 400 for one that cannot be shown to a model, or is too much
 */
export async function resolveContent(
  app: App,
  principal: Principal,
  content: readonly Block[],
  o: { place: string; room: FileRoom },
): Promise<Json[]> {
  const resolved: Json[] = [];
  for (const [index, block] of content.entries()) {
    const isFile = (block.type === 'image' || block.type === 'document') && block.source.type === 'file';
    const source = isFile
      ? await fileSource(app, principal, block, { ...o, place: `${o.place}.content.${index}` })
      : undefined;
    const filled = Object.fromEntries(
      Object.entries(block).filter(([, value]) => value !== null && value !== undefined),
    );
    resolved.push(source === undefined ? filled : { ...filled, source });
  }
  return resolved;
}

async function fileSource(
  app: App,
  principal: Principal,
  block: Block,
  { place, room }: { place: string; room: FileRoom },
): Promise<Json> {
  if ((block.type !== 'image' && block.type !== 'document') || block.source.type !== 'file') return undefined;
  const blobs = app.blobs;
  const file = await getFile({ tables: await app.tables(), blobs }, principal, block.source.file_id);
  const { id, mime_type, size } = file;
  const refuse = (why: string): never => {
    throw new HttpError(400, `${place}.source: the file ${id} ${why}`);
  };
  if (size > MAX_FILE_BYTES) refuse(`is larger than ${MAX_FILE_BYTES} bytes, which is too large for a message`);
  room.bytes -= size;
  if (room.bytes < 0) refuse(`is too much: the files of one request have at most ${MAX_FILE_BYTES} bytes together`);
  if (file.session !== null) refuse('is an output of a session; upload it to show it to a model');
  if (block.type === 'image') {
    if (!IMAGES.has(mime_type)) refuse(`is ${mime_type}, which is no image that a model sees`);
    return { type: 'base64', media_type: mime_type, data: (await readAll(app, file)).toString('base64') };
  }
  if (mime_type === 'application/pdf')
    return { type: 'base64', media_type: mime_type, data: (await readAll(app, file)).toString('base64') };
  if (!mime_type.startsWith('text/')) refuse(`is ${mime_type}; a document is a PDF or text`);
  return { type: 'text', media_type: 'text/plain', data: (await readAll(app, file)).toString('utf8') };
}

async function readAll({ blobs }: App, { id }: FileRow): Promise<Buffer> {
  await using handle = await blobs.read(id);
  return await handle.readFile();
}
