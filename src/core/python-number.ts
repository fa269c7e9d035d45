/**
 * The canonical text of a JavaScript number: what Python makes of the token that `JSON.stringify` writes for it. Integers
 * print as `String` prints them (also `1e+21`; `-0` is `0`), all others as Python's `repr` does. Undefined for NaN and the
 * infinities, which JSON cannot hold.
 */
export function pythonNumber(value: number): string | undefined {
  if (Number.isInteger(value)) return String(value);
  return Number.isFinite(value) ? pythonFloat(value) : undefined;
}

/** Whether a number token of a JSON text is a float to Python; any other is an integer, of any size. */
export function isFloatToken(token: string): boolean {
  return /[.eE]/.test(token);
}

/**
 * The canonical text of a float's token: `1e0` becomes `1.0`, `-0.0` stays. Undefined where it overflows to an infinity.
 */
export function pythonFloatToken(token: string): string | undefined {
  const value = Number(token);
  return Number.isFinite(value) ? pythonFloat(value) : undefined;
}

/**
 * Python's `repr` of a finite float. Both languages print the shortest digits that read back as the same double. They differ
 * in where scientific notation starts (in Python below 1e-4 and from 1e16 on), in the `.0` of a whole number and in the
 * exponent, which has at least two digits in Python.
 */
function pythonFloat(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 1e16 || (magnitude < 1e-4 && magnitude > 0)) {
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  if (!Number.isInteger(value)) return String(value);
  return Object.is(value, -0) ? "-0.0" : `${value}.0`;
}
