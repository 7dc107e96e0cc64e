/** Pictures of tools and attachments. */

import { element } from "../dom";
import type { ToolImage } from "../protocol";
import { exactLine } from "../text";

/** An image. The parser lets only pictures through, and a "data:" address loads nothing. */
export function imageView({ media_type, data, alt }: ToolImage): HTMLImageElement {
  return element("img", {
    class: "jc-image",
    src: `data:${media_type};base64,${data}`,
    alt: exactLine(alt),
  });
}

export function sameImages(some: readonly ToolImage[], others: readonly ToolImage[]): boolean {
  return (
    some.length === others.length && some.every(({ data }, index) => data === others[index]?.data)
  );
}
