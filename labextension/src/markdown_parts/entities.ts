/**
 * What markdown-it needs of the package `entities`. The browser knows the names of characters, so
 * the library does not bring 24 kB of them.
 */

const known = new Map<string, string>();
let parser: DOMParser | undefined;

/** The character of `&name;`; the text itself if HTML has no such name. */
export function decodeHTMLStrict(text: string): string {
  const found = known.get(text);
  if (found !== undefined) return found;
  // markdown-it asks for one name at a time. Nothing else is parsed here.
  if (!/^&[a-z][a-z0-9]{1,31};$/i.test(text)) return text;
  parser ??= new DOMParser();
  const decoded = parser.parseFromString(text, "text/html").documentElement.textContent;
  // HTML also knows some names without the semicolon: it reads "&notit;" as "¬it;".
  if (decoded.endsWith(";") && text !== "&semi;") return text;
  known.set(text, decoded);
  return decoded;
}
