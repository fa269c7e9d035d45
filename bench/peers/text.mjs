const line =
  'The applicant "A-1042" was assessed under policy section 4.2; income and score were verified.\n';

/** A text of so many bytes. By way of bytes, so that it is one flat string, as one from a network is. */
export const textOf = (bytes) =>
  Buffer.from(line.repeat(Math.ceil(bytes / line.length)).slice(0, bytes)).toString();
