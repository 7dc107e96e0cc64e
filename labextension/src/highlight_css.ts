/**
 * Colours CSS. Unlike highlight.js's own grammar, it has no list of all properties and elements,
 * which would be a thirtieth of all the code that a page loads.
 */

import type { HLJSApi, Language } from "highlight.js";

export default function css(hljs: HLJSApi): Language {
  const comment = hljs.C_BLOCK_COMMENT_MODE;
  const number = {
    className: "number",
    begin: /#[\da-f]{3,8}\b|[-+]?(?:\d*\.)?\d+(?:%|[a-z]+\b)?/,
  };
  const text = [hljs.APOS_STRING_MODE, hljs.QUOTE_STRING_MODE];
  const call = { className: "built_in", begin: /[\w-]+(?=\()/ };
  const declaration = {
    // A selector such as `a:hover` is followed by a brace.
    begin: /(?=(?<![\w-])[\w-]+\s{0,9}:[^{};]{0,400}(?:[;}]|$))/,
    end: /(?=[;}])/,
    contains: [
      comment,
      ...text,
      { className: "attribute", begin: /[\w-]+(?=\s*:)/ },
      { className: "meta", begin: /!important\b/ },
      call,
      number,
    ],
  };
  return {
    name: "CSS",
    case_insensitive: true,
    contains: [
      comment,
      ...text,
      { className: "keyword", begin: /@[\w-]+/ },
      declaration,
      { className: "selector-class", begin: /\.[a-z_-][\w-]*/ },
      { className: "selector-id", begin: /#[a-z_-][\w-]*(?=[^;}]{0,400}\{)/ },
      { className: "selector-pseudo", begin: /::?[a-z-]+/ },
      { className: "attribute", begin: /(?<=\()[\w-]+(?=\s*:)/ },
      number,
      { className: "selector-tag", begin: /\b[a-z][\w-]*/ },
    ],
  };
}
