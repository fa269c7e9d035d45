/** This package's version, as package.json has it. */
export const PACKAGE_VERSION = "0.1.0";
