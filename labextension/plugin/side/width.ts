/** Opens the side panel wide enough, once in a workspace. */

import type { IStateDB } from "@jupyterlab/statedb";
import { MessageLoop } from "@lumino/messaging";
import { SplitPanel, type Widget } from "@lumino/widgets";

const OPENED = "jupyter-claude:opened";
const WIDTH = 400; // pixels
const MOST = 0.4; // of the window

export class FirstWidth {
  readonly #panel: Widget;
  readonly #state: IStateDB | null;
  /** Whether the panel may still be opened for the first time; null while that is not known. */
  #isFirst: Promise<boolean>;

  /** `restored` ends when the application has the layout of the user's last visit. */
  constructor(panel: Widget, state: IStateDB | null, restored: Promise<unknown>) {
    this.#panel = panel;
    this.#state = state;
    this.#isFirst = restored.then(async () => {
      // A panel that the layout had open has the width that the user left.
      if (panel.isVisible) await state?.save(OPENED, true);
      return state === null ? !panel.isVisible : (await state.fetch(OPENED)) !== true;
    });
  }

  /** Call it when the panel has come into sight. */
  async shown(): Promise<void> {
    const isFirst = await this.#isFirst;
    if (!isFirst || !this.#panel.isVisible) return;
    this.#isFirst = Promise.resolve(false);
    await this.#state?.save(OPENED, true);
    this.#widen();
  }

  /**
   * A minimum width that lasts for a moment makes the application's splitter give the panel that
   * room. After that the user can make it narrower again.
   */
  #widen(): void {
    const width = Math.min(WIDTH, Math.round(window.innerWidth * MOST));
    if (this.#panel.node.offsetWidth >= width) return;
    let area = this.#panel;
    while (area.parent !== null && !(area.parent instanceof SplitPanel)) area = area.parent;
    const { node, parent: splitter } = area;
    const before = node.style.minWidth;
    const fit = (least: string): void => {
      node.style.minWidth = least;
      splitter?.fit();
      MessageLoop.flush();
    };
    fit(`${width}px`);
    requestAnimationFrame(() => {
      fit(before);
    });
  }
}
