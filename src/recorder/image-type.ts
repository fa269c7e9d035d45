/**
 * The media type of an image by its first bytes, or undefined where they are of no known image. It outranks what an
 * application declared: the AI SDK replaces the declared type of an image in the same way before a model sees it, other
 * frameworks do not, and one image must have one record.
 */
export function imageTypeOf(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 12)).toString("hex");
  return signatures.find(([signature]) => signature.test(head))?.[1];
}

const signatures: readonly (readonly [RegExp, string])[] = [
  [/^47494638(37|39)61/, "image/gif"],
  [/^89504e47/, "image/png"],
  [/^ffd8/, "image/jpeg"],
  [/^52494646.{8}57454250/, "image/webp"],
  [/^424d.{8}00000000/, "image/bmp"],
  [/^(49492a00|4d4d002a)/, "image/tiff"],
  [/^000000..6674797061766966/, "image/avif"],
  [/^000000..6674797068656963/, "image/heic"],
];
