const line =
  'The applicant "A-1042" was assessed under policy section 4.2; income and score were verified.\n';

let last = 0;

/**
 * Gives a new text of so many bytes each time, as conversations do: what was seen in one call is not seen in the next, and no
 * answer is its question. Each is one flat string, as one from a network is.
 */
export function textsOf(bytes) {
  const buffer = Buffer.from(line.repeat(Math.ceil(bytes / line.length)).slice(0, bytes));
  return () => {
    buffer.write(String(++last).padStart(10, "0"), 0, "latin1");
    return buffer.latin1Slice();
  };
}
