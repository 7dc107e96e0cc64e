/** A style sheet's text: esbuild and vitest are set up to import it so. */
declare module "*.css" {
  const text: string;
  export default text;
}
