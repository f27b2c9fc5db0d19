const MAX_NAME_CHARS = 255;

/** What files of a kind are called, and what a name says of its file. */
const TYPES: readonly [extension: string, mimeType: string][] = [
  ['txt', 'text/plain'],
  ['md', 'text/markdown'],
  ['csv', 'text/csv'],
  ['html', 'text/html'],
  ['json', 'application/json'],
  ['xml', 'application/xml'],
  ['pdf', 'application/pdf'],
  ['zip', 'application/zip'],
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['gif', 'image/gif'],
  ['webp', 'image/webp'],
  ['svg', 'image/svg+xml'],
  ['docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['pptx', 'application/vnd.openxmlformats-officedocument.presentationml.presentation'],
];
const ANY_TYPE = 'application/octet-stream';
const MIME_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/;

/** The type that was declared, without parameters; else what the name says. */
export function mimeTypeOf(declared: string | undefined, filename: string): string {
  const essence = declared?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (essence !== ANY_TYPE && MIME_TYPE.test(essence)) return essence;
  const extension = /\.([^.]+)$/.exec(filename)?.[1]?.toLowerCase();
  return TYPES.find(([known]) => known === extension)?.[1] ?? ANY_TYPE;
}

/** The last component of a path, without what no name should have; `unnamed` where nothing is left. */
export function plainFilename(given: string | undefined, mimeType: string): string {
  const last = (given ?? '').split(/[/\\]/).at(-1) ?? '';
  // eslint-disable-next-line no-control-regex
  const name = last.replaceAll(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '').trim();
  if (name !== '' && name !== '.' && name !== '..') return shortened(name).replaceAll(/\p{Surrogate}/gu, '\ufffd');
  const extension = TYPES.find(([, type]) => type === mimeType)?.[0];
  return extension === undefined ? 'unnamed' : `unnamed.${extension}`;
}

/** Its beginning and its extension. */
function shortened(name: string): string {
  if (name.length <= MAX_NAME_CHARS) return name;
  const extension = /\.[^.]{1,20}$/.exec(name)?.[0] ?? '';
  return name.slice(0, MAX_NAME_CHARS - extension.length) + extension;
}
