/** Pictures of tools and attachments. A picture opens in a dialog, in its full size. */

import { element } from "../dom";
import type { ToolImage } from "../protocol";
import { exactLine } from "../text";
import { trans } from "../trans";
import { button } from "./card";

/** An image. The parser lets only pictures through, and a "data:" address loads nothing. */
export function picture({ media_type, data, alt }: ToolImage): HTMLImageElement {
  return element("img", {
    class: "jc-image",
    src: `data:${media_type};base64,${data}`,
    alt: exactLine(alt),
  });
}

/** An image, with a button that opens it. */
export function imageView(image: ToolImage): HTMLElement {
  const shown = picture(image);
  const name = trans.__("Open image: %1", exactLine(image.alt));
  const open = element("button", { type: "button", class: "jc-enlarge", "aria-label": name }, "⤢");
  open.title = trans.__("Open image");
  const show = (): void => {
    openImage(image, open);
  };
  open.addEventListener("click", show);
  shown.addEventListener("click", show);
  return element("span", { class: "jc-picture" }, shown, open);
}

/** Shows an image in full size until the user closes it; then the focus goes back to `from`. */
function openImage(image: ToolImage, from: HTMLElement): void {
  const alt = exactLine(image.alt);
  const dialog = element("dialog", {
    class: "jc-image-dialog mathjax_ignore",
    "aria-modal": "true",
    "aria-label": alt,
  });
  const close = button(trans.__("Close"), "plain", () => {
    dialog.close();
  });
  dialog.append(element("div", { class: "jc-image-bar" }, element("span", {}, alt), close));
  // A large picture scrolls, also by the arrow keys.
  const frame = element("div", { class: "jc-image-frame", tabindex: "0", role: "group" });
  frame.setAttribute("aria-label", alt);
  frame.append(picture(image));
  dialog.append(frame);
  dialog.addEventListener("click", ({ target }) => {
    if (target === dialog) dialog.close(); // beside the picture
  });
  dialog.addEventListener("keydown", (event) => {
    event.stopPropagation(); // no key is for what lies behind
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    from.focus({ preventScroll: true });
  });
  (from.closest(".jc-root") ?? document.body).append(dialog);
  dialog.showModal();
  close.focus();
}

export function sameImages(some: readonly ToolImage[], others: readonly ToolImage[]): boolean {
  return (
    some.length === others.length && some.every(({ data }, index) => data === others[index]?.data)
  );
}
