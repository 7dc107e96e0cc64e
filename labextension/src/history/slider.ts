/**
 * The slider over the turns, with a mark for each stop. It is a native range input, so that keys,
 * touch and screen readers work.
 */

import { element } from "../dom";
import { trans } from "../trans";
import type { Stop } from "./protocol";
import { valueText } from "./words";

const SVG = "http://www.w3.org/2000/svg";
// More plain marks than this would look like a grey bar.
const MOST_PLAIN_MARKS = 120;

export class Slider {
  readonly input = element("input", {
    type: "range",
    class: "jc-slider",
    "aria-label": trans.__("Conversation history"),
    min: "0",
    step: "1",
  });
  readonly #plain = document.createElementNS(SVG, "path");
  readonly #touched = document.createElementNS(SVG, "path");
  readonly #marks = document.createElementNS(SVG, "svg");
  readonly node = element(
    "div",
    { class: "jc-slider-box", dir: "ltr" },
    this.input,
    element(
      "div",
      { class: "jc-slider-ends", "aria-hidden": "true" },
      element("span", {}, trans.__("start")),
      element("span", { class: "jc-slider-legend" }, trans.__("tall marks: files changed")),
      element("span", {}, trans.__("now")),
    ),
  );
  #stops: readonly Stop[] = [];

  constructor(moved: (stop: number) => void) {
    this.#marks.setAttribute("class", "jc-slider-marks");
    this.#marks.setAttribute("preserveAspectRatio", "none");
    this.#marks.setAttribute("aria-hidden", "true");
    this.#plain.setAttribute("class", "jc-tick-plain");
    this.#touched.setAttribute("class", "jc-tick-files");
    this.#marks.append(this.#plain, this.#touched);
    this.input.after(this.#marks);
    this.input.addEventListener("input", () => {
      this.#say();
      moved(this.stop);
    });
  }

  get stop(): number {
    return Number(this.input.value);
  }

  /** Shows these turns, at this stop. */
  update(stops: readonly Stop[], stop: number): void {
    if (stops !== this.#stops) {
      this.#stops = stops;
      this.input.max = String(stops.length);
      this.input.disabled = stops.length === 0;
      this.#drawMarks();
    }
    this.input.value = String(stop);
    this.#say();
  }

  #say(): void {
    const total = this.#stops.length;
    this.input.setAttribute("aria-valuetext", valueText(this.stop, this.#stops));
    this.node.style.setProperty("--jc-at", total === 0 ? "0" : String(this.stop / total));
  }

  #drawMarks(): void {
    const total = this.#stops.length;
    this.#marks.setAttribute("viewBox", `0 0 ${String(Math.max(total, 1))} 10`);
    let [plain, touched] = ["M0 0V4", ""];
    this.#stops.forEach(({ files_count }, index) => {
      const at = String(index + 1);
      if (files_count > 0) touched += `M${at} 0V10`;
      else if (total <= MOST_PLAIN_MARKS) plain += `M${at} 0V4`;
    });
    this.#plain.setAttribute("d", plain);
    this.#touched.setAttribute("d", touched);
    this.node.classList.toggle("jc-has-files", touched !== "");
  }
}
