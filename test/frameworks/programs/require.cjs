const { run } = require("./run.ts");

void run(async (name) => require(name), process.argv.slice(2));
