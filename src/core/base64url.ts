/**
 * The bytes of base64url text without padding (RFC 4648 section 5), or undefined where the text is anything else: padding,
 * white space, the other alphabet, or unused bits that are set, which would let two texts stand for the same bytes.
 */
export function decodeBase64Url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64url");
  // Node skips what it does not know: only a text that comes out again was one.
  return bytes.toString("base64url") === text ? bytes : undefined;
}
