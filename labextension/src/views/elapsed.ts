/** For how long something has been running: the page counts the seconds itself. */

import { element, setLine } from "../dom";
import { trans } from "../trans";

const WORTH_SHOWING = 2; // seconds

/** A time without parts that are 0: "30 s", "1 min 30 s", "2 h 5 min". */
export function timeText(seconds: number): string {
  const whole = Math.floor(seconds);
  const hours = Math.floor(whole / 3_600);
  const minutes = Math.floor(whole / 60) % 60;
  const rest = whole % 60;
  if (hours > 0)
    return minutes > 0 ? trans.__("%1 h %2 min", hours, minutes) : trans.__("%1 h", hours);
  if (minutes > 0)
    return rest > 0 ? trans.__("%1 min %2 s", minutes, rest) : trans.__("%1 min", minutes);
  return rest > 0 ? trans.__("%1 s", rest) : "";
}

export class Elapsed {
  // A screen reader reads it where the reader goes, and never by itself.
  readonly node = element("span", { class: "jc-elapsed", "aria-live": "off", hidden: "" });
  #begun: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `seconds` is what the kernel says; while it `runs`, the page counts on. */
  update(seconds: number, runs: boolean): void {
    clearTimeout(this.#timer);
    if (runs) {
      this.#begun ??= performance.now() - seconds * 1_000;
      this.#tick();
    } else {
      this.#begun = null;
      this.#show(seconds);
    }
  }

  #tick(): void {
    if (this.#begun === null) return;
    const ms = performance.now() - this.#begun;
    this.#show(ms / 1_000);
    this.#timer = setTimeout(
      () => {
        if (this.node.isConnected) this.#tick(); // else the view is gone
      },
      1_020 - (ms % 1_000),
    );
  }

  #show(seconds: number): void {
    setLine(this.node, seconds >= WORTH_SHOWING ? timeText(seconds) : "");
  }
}
