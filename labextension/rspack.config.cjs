// What @jupyter/builder adds to its own configuration: the plugin's source map leads to TypeScript,
// and a build has the same bytes in every folder. By default the number of the entry's module comes
// from the folder's path.
const { join } = require("node:path");

module.exports = {
  module: { rules: [{ test: /\.js$/, include: join(__dirname, "lib"), extractSourceMap: true }] },
  optimization: { moduleIds: "natural" },
};
