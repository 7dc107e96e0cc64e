// What @jupyter/builder adds to its own configuration: the plugin's source map leads to TypeScript.
const { join } = require("node:path");

module.exports = {
  module: { rules: [{ test: /\.js$/, include: join(__dirname, "lib"), extractSourceMap: true }] },
};
