/** The text of a file: what vitest makes of JSON loses half a character. */
declare module "*?raw" {
  const text: string;
  export default text;
}
