/** The text of a file: vitest's import of JSON loses lone surrogates. */
declare module "*?raw" {
  const text: string;
  export default text;
}
