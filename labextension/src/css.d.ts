/** The text of a style sheet: esbuild and vitest import it in this form. */
declare module "*.css" {
  const text: string;
  export default text;
}
