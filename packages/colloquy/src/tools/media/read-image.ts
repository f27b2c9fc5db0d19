import type { ToolContext, ToolOutcome } from '../tool.ts';
import { fitImage } from './fit-image.ts';
import type { ImageType } from './image-size.ts';

/** Larger files are not even looked at. */
const MAX_FILE_BYTES = 50 * 1024 * 1024;

export type ImageOutput = {
  type: 'image';
  file: {
    base64: string;
    type: ImageType;
    /** Bytes of the file. */
    originalSize: number;
    dimensions: { originalWidth: number; originalHeight: number; displayWidth: number; displayHeight: number };
  };
};

/** Shows an image file to the model. The path is real; `shown` is what messages call it. */
export async function readImage(
  path: string,
  shown: string,
  { files, signal }: ToolContext,
): Promise<ToolOutcome<ImageOutput>> {
  const bytes = await files.read(path, { maxBytes: MAX_FILE_BYTES, signal });
  const image = await fitImage(bytes, { name: shown, signal });
  const base64 = Buffer.from(image.data).toString('base64');
  const { original, width, height } = image;
  const isScaled = image.data !== bytes;
  return {
    content: [
      { type: 'image', source: { type: 'base64', media_type: image.type, data: base64 } },
      ...(isScaled
        ? [
            {
              type: 'text',
              text: `[Shown at ${width} × ${height}; the file has ${original.width} × ${original.height} pixels.]`,
            },
          ]
        : []),
    ],
    structured: {
      type: 'image',
      file: {
        base64,
        type: image.type,
        originalSize: bytes.byteLength,
        dimensions: {
          originalWidth: original.width,
          originalHeight: original.height,
          displayWidth: width,
          displayHeight: height,
        },
      },
    },
  };
}
