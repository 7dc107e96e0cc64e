/**
 * Draws finished turns with the views of the library, also in a notebook without a kernel.
 *
 * If it cannot draw a turn, JupyterLab's own renderer draws the rest of the output, such as its
 * HTML.
 */

import type { JupyterFrontEndPlugin } from "@jupyterlab/application";
import { IRenderMimeRegistry, MimeModel } from "@jupyterlab/rendermime";
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { PanelLayout, Widget } from "@lumino/widgets";

import { isFields } from "../src/protocol";
import type { Saved } from "../src/saved";
import { trans } from "../src/trans";
import { ISessions } from "./tokens";
import { offerViews, views } from "./views";

export const MIME = "application/vnd.jupyter-claude.turn+json";

// Before HTML, which has 50, and after widgets.
const RANK = 10;

const textOf = (value: unknown): string =>
  Array.isArray(value) ? value.join("") : typeof value === "string" ? value : "";

/** One output: a turn, or the rest of the output instead. */
export class TurnRenderer extends Widget implements IRenderMime.IRenderer {
  readonly #others: IRenderMimeRegistry;
  readonly #sessions: ISessions | null;
  #left: unknown;
  #saved: Saved | null = null;
  #newest: IRenderMime.IMimeModel | null = null;

  /** For turns whose kernel still runs, `sessions` know which of them a rewind has removed. */
  constructor(others: IRenderMimeRegistry, sessions: ISessions | null = null) {
    super();
    this.#others = others;
    this.#sessions = sessions;
    sessions?.changed.connect(this.#follow, this);
    this.layout = new PanelLayout();
    this.addClass("jp-ClaudeTurn");
    this.node.dataset["mimeType"] = MIME; // as in JupyterLab's own renderers
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.#newest = model;
    const data = this.#present(model);
    const html = textOf(model.data["text/html"]);
    if (this.#saved?.update(data, html) === true) {
      this.#offerBack();
      return;
    }
    this.#saved?.close();
    this.#saved = null;
    try {
      const { openSaved } = await views();
      if (this.isDisposed || this.#newest !== model) return;
      this.#saved = openSaved(this.node, data, html);
    } catch (error) {
      console.warn("jupyter-claude: this turn cannot be shown", error);
    }
    if (this.isDisposed || this.#newest !== model) return;
    if (this.#saved === null) await this.#renderOther(model);
    else this.#removeOther();
    this.#offerBack();
  }

  /** The turn from the file, with what its session says of it now. */
  #present(model: IRenderMime.IMimeModel): unknown {
    const data: unknown = model.data[MIME];
    if (!isFields(data)) return data;
    const id = typeof data["id"] === "string" ? data["id"] : "";
    const says = this.#sessions?.all.map(({ state }) => state?.taken_back[id]);
    this.#left =
      says?.find((text) => text !== undefined) ??
      (this.#isEarlier(id) ? trans.__("From before the kernel restarted") : data["left"]);
    return { ...data, left: this.#left };
  }

  /** Whether an earlier kernel of an open notebook had the turn. */
  #isEarlier(id: string): boolean {
    return this.#sessions?.all.some(({ earlier }) => earlier.has(id)) === true;
  }

  #follow(): void {
    if (this.#newest === null || this.#saved === null) return;
    const before = this.#left;
    const data = this.#present(this.#newest);
    if (this.#left !== before) this.#saved.update(data, textOf(this.#newest.data["text/html"]));
    this.#offerBack();
  }

  /**
   * Offers the way back of a turn that has left the conversation, and to ask a stale one again, if
   * its session can.
   */
  #offerBack(): void {
    const data: unknown = this.#newest?.data[MIME];
    const id = isFields(data) && typeof data["id"] === "string" ? data["id"] : "";
    const all = this.#sessions?.all ?? [];
    const asker = all.find(({ state }) => state?.replay?.again.includes(id) === true);
    this.#saved?.offerAgain(
      asker &&
        (() => {
          asker.send({ type: "turn_action", turn: id, action: "again" });
        }),
    );
    const session = all.find(({ state }) => state?.taken_back[id] !== undefined);
    const before = session ?? all.find(({ earlier }) => earlier.has(id));
    const way = session === undefined && before ? "resume" : session?.state?.ways_back[id];
    this.#saved?.offerBack(way, () => {
      before?.send({ type: "turn_action", turn: id, action: "back" });
    });
  }

  override dispose(): void {
    if (!this.isDisposed) this.#saved?.close();
    this.#sessions?.changed.disconnect(this.#follow, this);
    super.dispose();
  }

  async #renderOther({ data, metadata, trusted }: IRenderMime.IMimeModel): Promise<void> {
    const rest = Object.fromEntries(Object.entries(data).filter(([type]) => type !== MIME));
    const type = this.#others.preferredMimeType(rest, trusted ? "any" : "ensure");
    const nothing = trans.__("This version of jupyter-claude cannot read this saved turn.");
    const model = new MimeModel({
      data: type === undefined ? { "text/plain": nothing } : rest,
      metadata,
      trusted,
    });
    const renderer = this.#others.createRenderer(type ?? "text/plain");
    this.#removeOther();
    (this.layout as PanelLayout).addWidget(renderer);
    await renderer.renderModel(model);
  }

  #removeOther(): void {
    for (const widget of [...(this.layout as PanelLayout).widgets]) widget.dispose();
  }
}

/** Registers the renderer for turns. */
export const renderer: JupyterFrontEndPlugin<void> = {
  id: "jupyter-claude:renderer",
  description: "Shows finished turns of Claude, also without a kernel.",
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [ISessions],
  activate: (_app, registry: IRenderMimeRegistry, sessions: ISessions | null) => {
    offerViews();
    registry.addFactory(
      {
        // Safe for any file: the views show all of its content as text.
        safe: true,
        mimeTypes: [MIME],
        defaultRank: RANK,
        createRenderer: () => new TurnRenderer(registry, sessions),
      },
      RANK,
    );
  },
};
